//! Shapes become the very masks that LabelMe makes of them.

use bloodpool_dataset::{LabelMeFile, Shape, ShapeType, rasterise};
use ndarray::Array2;

/// Made by `shapes_by_labelme.py`, which says how. To compare more of them, make a longer file and name it in
/// `LABELME_SHAPES`.
const SHAPES: &str = include_str!("../fixtures/shapes_by_labelme.txt");

struct Case {
    shape: Shape,
    expected: Array2<bool>,
}

fn case(line: &str) -> Case {
    let fields: Vec<&str> = line.split(';').collect();
    let [kind, rows, columns, points, runs] = fields[..] else { panic!("five fields: {line}") };
    let number = |text: &str| text.parse::<f64>().unwrap();
    let points = points.split(' ').map(|point| point.split_once(',').unwrap());
    let mut shape = Shape::polygon("LV", points.map(|(x, y)| [number(x), number(y)]).collect());
    shape.shape_type = match kind {
        "polygon" => ShapeType::Polygon,
        "oriented_rectangle" => ShapeType::OrientedRectangle,
        "rectangle" => ShapeType::Rectangle,
        "circle" => ShapeType::Circle,
        other => panic!("{other}"),
    };
    let lengths = runs.split(',').map(|run| run.parse::<usize>().unwrap()).enumerate();
    let pixels = lengths.flat_map(|(index, length)| std::iter::repeat_n(index % 2 == 1, length)).collect();
    let size = (rows.parse().unwrap(), columns.parse().unwrap());
    Case { shape, expected: Array2::from_shape_vec(size, pixels).unwrap() }
}

fn picture(mask: &Array2<bool>) -> String {
    let row = |row: ndarray::ArrayView1<'_, bool>| row.iter().map(|&inside| if inside { '#' } else { '.' }).collect();
    mask.rows().into_iter().map(row).collect::<Vec<String>>().join("\n")
}

#[test]
fn every_pixel_is_the_same() {
    let longer = std::env::var("LABELME_SHAPES").map(|path| std::fs::read_to_string(path).unwrap());
    let text = longer.as_deref().unwrap_or(SHAPES);
    let mut inside = 0;
    for line in text.lines() {
        let Case { shape, expected } = case(line);
        let (rows, columns) = expected.dim();
        let mask = rasterise(&shape, rows, columns).unwrap();
        assert!(
            mask.pixels() == expected,
            "{line}\nLabelMe:\n{}\nhere:\n{}",
            picture(&expected),
            picture(mask.pixels())
        );
        inside += mask.area();
    }
    println!("{} shapes, {inside} pixels inside", text.lines().count());
    assert!(text.lines().count() >= 60 && inside > 1000);
}

#[test]
fn shapes_without_an_inside_are_errors() {
    let mut shape = Shape::polygon("LV", vec![[1.0, 1.0], [5.0, 5.0]]);
    assert_eq!(rasterise(&shape, 8, 8).unwrap_err().to_string(), "a polygon with 2 points; it needs 3 or more");
    shape.shape_type = ShapeType::Other("line".into());
    assert_eq!(rasterise(&shape, 8, 8).unwrap_err().to_string(), "a shape of type `line` encloses no region");
    for value in [f64::NAN, f64::INFINITY, 1e300] {
        let shape = Shape::polygon("LV", vec![[1.0, 1.0], [value, 5.0], [3.0, 3.0]]);
        assert!(rasterise(&shape, 8, 8).is_err());
    }
}

#[test]
fn the_union_of_a_label_is_its_mask() {
    let square = |at: f64| vec![[at, at], [at + 2.0, at], [at + 2.0, at + 2.0], [at, at + 2.0]];
    let mut file = LabelMeFile::new("a.png", 16, 12, "LV", vec![square(1.0), square(8.0)]);
    file.shapes.push(Shape::polygon("RV", square(5.0)));
    assert_eq!(file.mask("LV").unwrap().area(), 18);
    assert_eq!(file.mask("RV").unwrap().area(), 9);
    assert_eq!(file.mask("LV").unwrap().dim(), (12, 16));
    assert!(file.mask("aorta").unwrap().is_empty());
}
