//! What lies around the heart: background, lungs, liver, spleen, stomach, long vessels, and what attenuates in front.

use rand::{Rng, RngExt};

/// An ellipse in the image, mm from the middle of the field.
#[derive(Debug, Clone)]
struct Blob {
    x: f64,
    y: f64,
    half_x: f64,
    half_y: f64,
    turn: f64,
    amount: f64,
    /// Profile: `true` an ellipsoid's chord, `false` a Gaussian.
    solid: bool,
}

impl Blob {
    fn at(&self, x: f64, y: f64) -> f64 {
        let (sin, cos) = self.turn.sin_cos();
        let (dx, dy) = (x - self.x, y - self.y);
        let (u, v) = ((cos * dx + sin * dy) / self.half_x, (cos * dy - sin * dx) / self.half_y);
        let distance = u * u + v * v;
        self.amount * if self.solid { (1.0 - distance).max(0.0).sqrt() } else { (-0.5 * distance).exp() }
    }
}

/// A vessel that runs up and down the image.
#[derive(Debug, Clone)]
struct Column {
    x: f64,
    slope: f64,
    radius: f64,
    from_y: f64,
    to_y: f64,
    amount: f64,
}

impl Column {
    fn at(&self, x: f64, y: f64) -> f64 {
        let away = (x - self.x - self.slope * y) / self.radius;
        let ends = ((y - self.from_y) / 12.0).clamp(0.0, 1.0) * ((self.to_y - y) / 12.0).clamp(0.0, 1.0);
        self.amount * (1.0 - away * away).max(0.0).sqrt() * ends
    }
}

/// The still part of the image, in units of the LV's peak at ED.
#[derive(Debug, Clone)]
pub(super) struct Torso {
    level: f64,
    texture: Vec<Blob>,
    organs: Vec<Blob>,
    columns: Vec<Column>,
    body_middle: f64,
    body_half_width: f64,
    body_edge: f64,
    body_bulge: f64,
    shade: Vec<Blob>,
    displacement: f64,
}

impl Torso {
    /// A torso round an LV centred on `heart`, mm from the middle of a field `field_mm` wide, whose background is from
    /// `levels.0` to `levels.1` of the LV's peak.
    pub(super) fn draw(rng: &mut impl Rng, heart: [f64; 2], field_mm: f64, levels: (f64, f64)) -> Self {
        let mut uniform = |low: f64, high: f64| rng.random_range(low..high);
        let [cx, cy] = heart;
        let blob = |x, y, half_x, half_y, turn, amount, solid| Blob { x, y, half_x, half_y, turn, amount, solid };
        let mut texture = vec![
            blob(
                cx - uniform(5.0, 60.0),
                cy,
                uniform(30.0, 70.0),
                400.0,
                uniform(-0.15, 0.15),
                uniform(0.0, 0.6),
                false,
            ),
            blob(
                cx - uniform(85.0, 135.0),
                cy - uniform(10.0, 90.0),
                uniform(30.0, 55.0),
                uniform(50.0, 90.0),
                uniform(-0.2, 0.2),
                -uniform(0.1, 0.6),
                false,
            ),
            blob(
                cx + uniform(50.0, 100.0),
                cy - uniform(0.0, 80.0),
                uniform(22.0, 50.0),
                uniform(45.0, 85.0),
                uniform(-0.2, 0.2),
                -uniform(0.0, 0.6),
                false,
            ),
        ];
        for _ in 0..uniform(2.0, 10.0) as usize {
            let (x, y) = (uniform(-0.5, 0.5) * field_mm, uniform(-0.5, 0.5) * field_mm);
            let (wide, high) = (uniform(10.0, 70.0), uniform(10.0, 70.0));
            texture.push(blob(x, y, wide, high, uniform(0.0, 3.1), uniform(-0.3, 0.5), false));
        }
        let mut organs = vec![
            blob(
                cx - uniform(50.0, 120.0),
                cy + uniform(70.0, 140.0),
                uniform(65.0, 115.0),
                uniform(40.0, 75.0),
                uniform(-0.4, 0.4),
                uniform(0.1, 0.95),
                true,
            ),
            blob(
                cx + uniform(45.0, 110.0),
                cy + uniform(55.0, 125.0),
                uniform(18.0, 36.0),
                uniform(25.0, 55.0),
                uniform(-0.6, 0.6),
                uniform(0.1, 1.25),
                true,
            ),
        ];
        if uniform(0.0, 1.0) < 0.3 {
            organs.push(blob(
                cx + uniform(0.0, 70.0),
                cy + uniform(55.0, 100.0),
                uniform(15.0, 45.0),
                uniform(12.0, 35.0),
                uniform(-0.7, 0.7),
                uniform(0.05, 0.9),
                true,
            ));
        }
        let columns = vec![
            Column {
                x: cx + uniform(-10.0, 65.0),
                slope: uniform(-0.12, 0.12),
                radius: uniform(8.0, 15.0),
                from_y: cy - uniform(40.0, 100.0),
                to_y: 400.0,
                amount: uniform(0.05, 0.32),
            },
            Column {
                x: cx - uniform(50.0, 105.0),
                slope: uniform(-0.1, 0.1),
                radius: uniform(7.0, 14.0),
                from_y: -400.0,
                to_y: cy - uniform(-10.0, 50.0),
                amount: uniform(0.05, 0.35),
            },
            Column {
                x: cx - uniform(40.0, 100.0),
                slope: uniform(-0.1, 0.1),
                radius: uniform(8.0, 15.0),
                from_y: cy + uniform(20.0, 70.0),
                to_y: 400.0,
                amount: uniform(0.03, 0.25),
            },
        ];
        let mut shade = Vec::new();
        if uniform(0.0, 1.0) < 0.4 {
            let (x, y) = (cx + uniform(-60.0, 90.0), cy + uniform(-30.0, 110.0));
            let (wide, high) = (uniform(35.0, 80.0), uniform(30.0, 70.0));
            shade.push(blob(x, y, wide, high, uniform(-0.5, 0.5), uniform(0.05, 0.42), false));
        }
        Self {
            level: uniform(levels.0, levels.1),
            texture,
            organs,
            columns,
            body_middle: cx - uniform(0.0, 70.0),
            body_half_width: uniform(135.0, 210.0),
            body_edge: uniform(15.0, 60.0),
            body_bulge: uniform(-0.0006, 0.0010),
            shade,
            displacement: uniform(0.0, 0.45),
        }
    }

    /// Counts of the still part at a point, relative to the LV's peak; `heart` is the share of it that the heart
    /// displaces, 0 to 1.
    pub(super) fn background(&self, x: f64, y: f64, heart: f64) -> f64 {
        let texture: f64 = 1.0 + self.texture.iter().map(|b| b.at(x, y)).sum::<f64>();
        let organs: f64 = self.organs.iter().map(|b| b.at(x, y)).sum();
        let columns: f64 = self.columns.iter().map(|c| c.at(x, y)).sum();
        let half_width = self.body_half_width + self.body_bulge * y * y.abs();
        let edge = ((half_width - (x - self.body_middle).abs()) / self.body_edge).clamp(-1.0, 1.0);
        let body = 0.04 + 0.96 * (0.5 + 0.5 * (edge * std::f64::consts::FRAC_PI_2).sin());
        body * (self.level * texture.max(0.12) * (1.0 - self.displacement * heart) + organs + columns)
    }

    /// The share that passes the breast and the body wall in front, 0 to 1.
    pub(super) fn transmission(&self, x: f64, y: f64) -> f64 {
        self.shade.iter().map(|b| 1.0 - b.at(x, y)).product()
    }
}
