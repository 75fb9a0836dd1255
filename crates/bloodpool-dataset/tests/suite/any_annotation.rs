//! Whatever an annotation file holds: a mask, or an error; never a panic.

use bloodpool_dataset::{LabelMeFile, Shape, ShapeType, rasterise};
use proptest::prelude::*;

fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![8 => -50.0..110.0, 2 => (-5i32..70).prop_map(f64::from), 1 => any::<f64>()]
}

fn shape_type() -> impl Strategy<Value = ShapeType> {
    prop_oneof![
        Just(ShapeType::Polygon),
        Just(ShapeType::Rectangle),
        Just(ShapeType::OrientedRectangle),
        Just(ShapeType::Circle),
        Just(ShapeType::Mask),
        Just(ShapeType::Other("line".into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_is_a_mask_or_an_error(
        points in prop::collection::vec([coordinate(), coordinate()], 0..12),
        shape_type in shape_type(),
        size in (0usize..70, 0usize..70),
    ) {
        let shape = Shape { shape_type, ..Shape::polygon("LV", points) };
        if let Ok(mask) = rasterise(&shape, size.0, size.1) {
            prop_assert_eq!(mask.dim(), size);
        }
    }

    #[test]
    fn a_polygon_holds_its_own_vertices(points in prop::collection::vec([0.0..64.0, 0.0..48.0], 3..12)) {
        let mask = LabelMeFile::new("a.png", 64, 48, "LV", vec![points.clone()]).mask("LV").unwrap();
        for [x, y] in points {
            prop_assert!(mask.contains(y as usize, x as usize), "({x}, {y})");
        }
    }

    #[test]
    fn an_annotation_comes_back_to_the_last_bit(points in prop::collection::vec([any::<f64>(), any::<f64>()], 0..9)) {
        prop_assume!(points.iter().flatten().all(|value| value.is_finite()));
        let file = LabelMeFile::new("a.png", 64, 48, "LV", vec![points]);
        let text = serde_json::to_string(&file).unwrap();
        prop_assert_eq!(serde_json::from_str::<LabelMeFile>(&text).unwrap(), file);
    }
}

#[test]
fn a_size_that_no_image_has_is_refused() {
    for (width, height) in [(64, 8193), (usize::MAX, 1), (usize::MAX, usize::MAX), (1 << 40, 1 << 40)] {
        let file = LabelMeFile::new("a.png", width, height, "LV", vec![]);
        let error = file.mask("LV").unwrap_err().to_string();
        assert!(error.contains(&format!("{width} x {height} pixels; a side has at most 8192")), "{error}");
    }
    assert_eq!(LabelMeFile::new("a.png", 8192, 1, "LV", vec![]).mask("LV").unwrap().dim(), (1, 8192));
}
