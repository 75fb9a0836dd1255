//! The second family of hearts: every table and range that it draws from.
//!
//! Nothing is trained on this family, and these values are not adapted to any network (docs/SIMULATOR.md).
//!
//! Heart frame: a from the centre of the LV base to the apex, s to the septum, v to the inferior wall; angle 0 septal,
//! 90 inferior, 180 lateral, 270 anterior. Patient frame: left, posterior, superior. Millimetres, millilitres, degrees.

use super::parameters::{
    Activity, Atria, Atrium, Bell, Camera, Chest, Disease, Left, Parameters, Position, Range, Right, Timing, Vessels,
};

/// The values of the whole family.
pub(super) static PARAMETERS: Parameters = Parameters {
    left: Left {
        // Cavity radius at ED and ES by level (fraction of the current length from the base) and wall (septal,
        // inferior, lateral, anterior), mm, of a ventricle of table_length_mm at ED. MESA cohort, 1,991 adults. The
        // last row is the limit at the apex of radius / sqrt(1 - level), for the rows before it are continued to the
        // tip in that form.
        table_length_mm: 87.1,
        levels: &[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        end_diastole: &[
            [20.0, 19.0, 20.0, 19.0],
            [23.0, 22.0, 23.0, 24.0],
            [22.0, 24.0, 26.0, 26.0],
            [20.0, 24.0, 27.0, 28.0],
            [19.0, 22.0, 27.0, 29.0],
            [19.0, 21.0, 26.0, 28.0],
            [20.0, 20.0, 24.0, 26.0],
            [19.0, 19.0, 20.0, 23.0],
            [16.0, 18.0, 16.0, 18.0],
            [12.0, 15.0, 11.0, 11.0],
        ],
        end_systole: &[
            [18.0, 18.0, 17.0, 18.0],
            [20.0, 18.0, 16.0, 18.0],
            [18.0, 16.0, 16.0, 17.0],
            [15.0, 14.0, 17.0, 18.0],
            [12.0, 12.0, 17.0, 19.0],
            [12.0, 11.0, 17.0, 20.0],
            [12.0, 11.0, 15.0, 19.0],
            [12.0, 10.0, 13.0, 17.0],
            [11.0, 8.0, 10.0, 13.0],
            [9.0, 7.0, 7.0, 9.0],
        ],
        tip: [41.0, 27.0],
        // Wall thickness at ED, same walls; the last two rows continue it to the apex.
        wall_levels: &[0.0, 0.1, 0.3, 0.5, 0.7, 0.85, 1.0],
        wall: &[
            [4.0, 8.0, 8.5, 7.5],
            [4.8, 8.0, 8.5, 7.5],
            [10.6, 8.8, 8.7, 9.1],
            [10.1, 8.6, 7.9, 7.4],
            [8.2, 7.5, 8.2, 6.9],
            [7.6, 6.5, 7.5, 6.2],
            [5.5, 5.5, 5.5, 5.5],
        ],
        wall_factor: Bell { mean: 1.0, sd: 0.16, low: 0.65, high: 1.5 },
        apex_wall: Bell { mean: 5.5, sd: 2.0, low: 2.0, high: 11.0 },
        // Median EDV by LVEF: edv_ml at edv_at_lvef, and by how much its logarithm rises per point below and above it.
        edv_ml: 120.0,
        edv_at_lvef: 63.0,
        edv_per_point_below: 0.0165,
        edv_per_point_above: 0.0100,
        edv_log: Bell { mean: 0.0, sd: 0.21, low: -0.6, high: 0.6 },
        edv_limits: Range([55.0, 420.0]),
        // Length / largest radius at ED; rounder by this fraction per point of LVEF below edv_at_lvef.
        slenderness: Bell { mean: 3.50, sd: 0.33, low: 2.6, high: 4.5 },
        rounder_per_point: 0.0021,
        // Persons differ: radii of the base and of one wall, bow of the long axis (mm at mid-level), cone against
        // barrel.
        base_radius: Bell { mean: 1.0, sd: 0.08, low: 0.8, high: 1.2 },
        bow_s: Bell { mean: 0.0, sd: 1.5, low: -4.0, high: 4.0 },
        bow_v: Bell { mean: 0.0, sd: 2.2, low: -5.5, high: 5.5 },
        inferior_mm: Bell { mean: 0.0, sd: 2.0, low: -5.0, high: 5.0 },
        flat_septum_mm: Bell { mean: 0.4, sd: 0.6, low: -1.0, high: 2.0 },
        cone: Bell { mean: 0.0, sd: 0.03, low: -0.08, high: 0.08 },
        // Tilt of the base plane at ED, and what ES adds, degrees about v and about s.
        tilt_v: Bell { mean: 0.0, sd: 6.5, low: -15.0, high: 15.0 },
        tilt_s: Bell { mean: -3.0, sd: 5.0, low: -14.0, high: 9.0 },
        tilt_v_systole: Bell { mean: 7.0, sd: 4.0, low: -2.0, high: 15.0 },
        tilt_s_systole: Bell { mean: 1.0, sd: 3.0, low: -5.0, high: 7.0 },
        // Length at ES = length at ED x (ESV / EDV)^exponent; the inner apex takes this much of the shortening at LVEF
        // 60, mm.
        length_exponent: Bell { mean: 0.23, sd: 0.05, low: 0.12, high: 0.34 },
        apex_shift_mm: Range([3.0, 6.0]),
        outer_apex_shift_mm: Range([2.0, 4.5]),
        // Share of EDV that is papillary muscle and trabeculae, constant over the cycle.
        muscle_share: Range([0.05, 0.09]),
    },
    timing: Timing {
        // Emptied fraction by share of systole and of diastole, from one beating heart (25 frames, EF 60).
        systole: &[[0.0, 0.0], [0.10, 0.05], [0.22, 0.22], [0.44, 0.54], [0.67, 0.80], [0.85, 0.95], [1.0, 1.0]],
        diastole: &[
            [0.0, 1.0],
            [0.06, 0.98],
            [0.125, 0.90],
            [0.25, 0.67],
            [0.375, 0.42],
            [0.50, 0.29],
            [0.75, 0.22],
            [0.875, 0.09],
            [1.0, 0.0],
        ],
        // Length of systole, ms, and how much shorter per beat per minute; cut to a share of the R-R interval.
        systole_ms: Bell { mean: 470.0, sd: 22.0, low: 420.0, high: 530.0 },
        systole_ms_per_beat: 1.75,
        systole_share: Range([0.30, 0.50]),
        // Early filling: exponent on the share of diastole (below 1: early; above 1: late, as in impaired relaxation).
        filling: Range([0.85, 1.35]),
        // Descent of the base = emptied fraction to this power (ahead of the emptying).
        descent_power: Range([0.58, 0.75]),
        // Local delays, share of R-R (SD over the walls), and delay of the lateral wall in left bundle branch block.
        wall_delay: Bell { mean: 0.0, sd: 0.012, low: -0.03, high: 0.03 },
        block_share: 0.07,
        block_share_low_lvef: 0.25,
        block_delay: Range([0.05, 0.12]),
        block_septal_motion: Range([0.1, 0.6]),
        rv_delay: Range([0.0, 0.04]),
    },
    disease: Disease {
        // Regional wall motion: chance by LVEF below 50, motion left in the region, its size (level, degrees), bulge of
        // aneurysms.
        regional_share: 0.40,
        motion_left: Range([-0.25, 0.5]),
        region_level: Range([0.25, 0.95]),
        region_level_sd: Range([0.15, 0.30]),
        region_angle_sd: Range([35.0, 70.0]),
        aneurysm_share: 0.2,
        aneurysm_bulge: Range([0.12, 0.35]),
        effusion_share: 0.04,
        effusion_mm: Range([7.0, 18.0]),
        valve_share: 0.06,
        regurgitation_ratio: Range([0.55, 0.80]),
        shunt_ratio: Range([1.25, 1.7]),
    },
    right: Right {
        // Thickness of the blood crescent outwards from the LV wall / L, by angle and by share of the way from the
        // tricuspid plane to the RV apex; mean of three hearts at ED and of two at ES.
        angles: &[-60.0, -40.0, -20.0, 0.0, 20.0, 40.0, 60.0],
        shares: &[0.1, 0.3, 0.5, 0.7, 0.9],
        end_diastole: &[
            &[0.23, 0.11, 0.05, 0.01, 0.00],
            &[0.29, 0.23, 0.13, 0.05, 0.01],
            &[0.34, 0.34, 0.25, 0.13, 0.03],
            &[0.46, 0.45, 0.37, 0.26, 0.12],
            &[0.48, 0.49, 0.40, 0.27, 0.19],
            &[0.26, 0.24, 0.18, 0.12, 0.06],
            &[0.03, 0.06, 0.03, 0.01, 0.00],
        ],
        end_systole: &[
            &[0.15, 0.06, 0.02, 0.00, 0.00],
            &[0.20, 0.14, 0.07, 0.03, 0.00],
            &[0.27, 0.25, 0.15, 0.07, 0.01],
            &[0.36, 0.36, 0.28, 0.19, 0.10],
            &[0.36, 0.35, 0.28, 0.22, 0.15],
            &[0.18, 0.13, 0.06, 0.03, 0.00],
            &[0.02, 0.01, 0.00, 0.00, 0.00],
        ],
        turn: Bell { mean: 6.0, sd: 9.0, low: -15.0, high: 28.0 },
        width: Bell { mean: 1.0, sd: 0.08, low: 0.82, high: 1.2 },
        plane: Range([0.05, 0.12]),
        apex: Bell { mean: 0.95, sd: 0.025, low: 0.88, high: 1.0 },
        descent_ratio: Range([1.2, 1.4]),
        // EDV, ml, for an LV of 120 ml, and the power of LV EDV that it follows; stroke volume / LV stroke volume.
        edv_ml: Bell { mean: 145.0, sd: 25.0, low: 85.0, high: 230.0 },
        edv_power: 0.5,
        stroke_ratio: Range([0.87, 1.08]),
        lvef_highest: 0.70,
        // Outflow: from (0.1 L, angle -55, 0.42 L) to the pulmonary valve; a, s, v of the valve / L and radius, mm.
        valve_a: Range([-0.11, 0.02]),
        valve_s: Range([0.14, 0.40]),
        valve_v: Range([-0.46, -0.32]),
        outflow_radius_mm: Range([11.0, 14.0]),
    },
    atria: Atria {
        // Four hearts: length of the LV, centre (a, s, v), semi-axes long, middle, short, mm.
        left: &[
            Atrium { length: 70.0, centre: [-26.0, -1.0, 7.0], axes: [37.0, 25.0, 20.0] },
            Atrium { length: 85.0, centre: [-28.0, 0.0, 1.0], axes: [29.0, 23.0, 17.0] },
            Atrium { length: 76.0, centre: [-32.0, 2.0, -2.0], axes: [39.0, 25.0, 22.0] },
            Atrium { length: 69.0, centre: [-31.0, 4.0, -10.0], axes: [37.0, 22.0, 20.0] },
        ],
        left_long: [-0.77, 0.61, 0.1],
        left_short: [0.6, 0.77, -0.2],
        right: &[
            Atrium { length: 70.0, centre: [-11.0, 40.0, 24.0], axes: [38.0, 25.0, 20.0] },
            Atrium { length: 85.0, centre: [-10.0, 23.0, 39.0], axes: [42.0, 24.0, 19.0] },
            Atrium { length: 76.0, centre: [-23.0, 44.0, 16.0], axes: [41.0, 23.0, 19.0] },
            Atrium { length: 69.0, centre: [-22.0, 47.0, -2.0], axes: [39.0, 19.0, 18.0] },
        ],
        right_long: [-0.3, 0.75, -0.55],
        right_short: [0.7, 0.4, 0.4],
        axis_turn: Bell { mean: 0.0, sd: 8.0, low: -20.0, high: 20.0 },
        // Exponents of the superquadrics: 1 an ellipsoid, smaller boxier.
        exponent: Range([0.75, 1.05]),
        left_largest_ml: Bell { mean: 70.0, sd: 12.0, low: 45.0, high: 105.0 },
        right_largest_ml: Bell { mean: 90.0, sd: 14.0, low: 60.0, high: 130.0 },
        left_ratio: Range([0.42, 0.55]),
        right_ratio: Range([0.52, 0.64]),
        // At LVEF 10 against LVEF 60: volumes this many times as large, ratio of smallest to largest raised by this
        // much.
        dilated: Range([1.2, 1.9]),
        ratio_raised: Range([0.1, 0.25]),
        // Most that an atrium takes up while its ventricle contracts, relative to the stroke volume of the LV.
        reservoir: 0.62,
    },
    vessels: Vessels {
        // Centre lines (a, s, v), mm, of two hearts; a study lies between them.
        aorta: [
            &[
                [-3.0, 14.0, -8.0],
                [-5.0, 21.0, -6.0],
                [-13.0, 32.0, -8.0],
                [-24.0, 40.0, -14.0],
                [-32.0, 44.0, -22.0],
                [-41.0, 45.0, -31.0],
                [-50.0, 41.0, -41.0],
                [-57.0, 30.0, -52.0],
            ],
            &[
                [-3.0, 14.0, -10.0],
                [-7.0, 24.0, -13.0],
                [-16.0, 35.0, -20.0],
                [-25.0, 44.0, -26.0],
                [-35.0, 48.0, -37.0],
                [-44.0, 51.0, -48.0],
                [-50.0, 47.0, -63.0],
                [-54.0, 41.0, -77.0],
            ],
        ],
        arch: &[
            [-54.0, 40.0, -75.0],
            [-52.0, 30.0, -87.0],
            [-49.0, 20.0, -90.0],
            [-45.0, 1.0, -86.0],
            [-46.0, -8.0, -63.0],
            [-53.0, -19.0, -36.0],
            [-46.0, -35.0, -15.0],
            [-34.0, -46.0, 9.0],
            [-21.0, -36.0, 44.0],
            [0.0, -31.0, 71.0],
            [25.0, -26.0, 103.0],
        ],
        trunk: [
            &[[-4.0, 25.0, -32.0], [-17.0, 24.0, -35.0], [-31.0, 19.0, -35.0], [-45.0, 15.0, -31.0]],
            &[[-3.0, 37.0, -35.0], [-11.0, 36.0, -36.0], [-19.0, 35.0, -37.0], [-34.0, 31.0, -35.0]],
        ],
        right_branch: &[[-45.0, 15.0, -31.0], [-69.0, 28.0, -5.0], [-81.0, 28.0, 23.0]],
        left_branch: &[[-45.0, 15.0, -31.0], [-51.0, -17.0, -40.0], [-39.0, -36.0, -32.0]],
        upper_cava: &[[-20.0, 55.0, -5.0], [-43.0, 55.0, -25.0], [-66.0, 56.0, -46.0], [-88.0, 57.0, -67.0]],
        lower_cava: &[[-20.0, 18.0, 34.0], [-27.0, 10.0, 40.0], [-8.0, 14.0, 64.0], [12.0, 17.0, 88.0]],
        lung_veins: &[
            &[[-20.0, -3.0, -10.0], [-20.0, -5.0, -32.0], [-26.0, -16.0, -58.0]],
            &[[-34.0, -8.0, -8.0], [-38.0, -20.0, -15.0], [-46.0, -52.0, -26.0]],
            &[[-48.0, 10.0, 14.0], [-55.0, 15.0, 25.0], [-70.0, 26.0, 50.0]],
            &[[-52.0, 14.0, -4.0], [-65.0, 25.0, -8.0], [-84.0, 50.0, -14.0]],
        ],
        root_radius_mm: Range([13.0, 15.5]),
        aorta_radius_mm: Range([12.0, 16.0]),
        descending_radius_mm: Range([10.5, 14.0]),
        trunk_radius_mm: Range([12.0, 15.5]),
        branch_radius_mm: Range([8.5, 11.0]),
        upper_cava_radius_mm: Range([6.5, 10.0]),
        lower_cava_radius_mm: Range([8.0, 13.0]),
        vein_radius_mm: Range([4.5, 7.0]),
        bend_mm: 3.0,
        // How far from the valve the motion of the base reaches, mm.
        reach_mm: 48.0,
        pulse: Range([0.02, 0.05]),
    },
    position: Position {
        // Axes a and s of five hearts in their bodies; a study lies between two of them and is turned by turn_sd about
        // each axis.
        axes: &[
            [[0.44, -0.47, -0.76], [-0.87, -0.45, -0.22]],
            [[0.51, -0.61, -0.61], [-0.81, -0.58, -0.10]],
            [[0.67, -0.50, -0.55], [-0.69, -0.70, -0.19]],
            [[0.68, -0.36, -0.64], [-0.65, -0.71, -0.28]],
            [[0.60, -0.61, -0.51], [-0.65, -0.75, 0.13]],
        ],
        turn_sd: 5.5,
        // Caudal tilt of the camera: highest, and power of the uniform draw (2: small tilts more often).
        caudal_highest: 20.0,
        caudal_power: 2.4,
        search: Range([15.0, 75.0]),
        // Centre of the LV in the chest: to the left of the midline, and straight behind the skin.
        left_mm: Range([32.0, 60.0]),
        behind_skin_mm: Range([60.0, 88.0]),
    },
    activity: Activity {
        // Per ml, LV blood 1.
        chamber: Range([0.75, 1.25]),
        vessel: Range([0.75, 1.25]),
        muscle: Range([0.14, 0.25]),
        fluid: Range([0.03, 0.10]),
        body: Range([0.05, 0.13]),
        lung: Range([0.14, 0.27]),
        liver: Range([0.28, 0.52]),
        spleen: Range([0.50, 0.90]),
        kidney: Range([0.50, 0.90]),
        marrow: Range([0.10, 0.30]),
        stomach: Range([0.06, 0.15]),
        mediastinum: Range([0.08, 0.24]),
        // Relative SD of the smooth field over the background, and its wave lengths, mm.
        uneven: Range([0.05, 0.25]),
        wave_mm: Range([90.0, 300.0]),
        // Extra sources.
        hot_stomach: Range([0.9, 2.6]),
        hot_spleen: Range([1.1, 2.0]),
        hot_marrow: Range([0.45, 0.9]),
        line_activity: Range([2.0, 6.0]),
        injection_activity: Range([2.0, 12.0]),
    },
    chest: Chest {
        half_width_mm: Range([142.0, 198.0]),
        half_depth_mm: Range([96.0, 138.0]),
        // Cross-section between an ellipse (0) and x^4 + y^4 = 1 (1).
        squareness: Range([0.05, 0.65]),
        // Height of the diaphragm below the LV centre, mm, under the heart and at the dome of the liver.
        diaphragm_mm: Range([36.0, 54.0]),
        dome_mm: Range([-4.0, 22.0]),
        wall_mm: Range([16.0, 34.0]),
        lung_gap_mm: Range([0.0, 14.0]),
        gap_mm: Range([10.0, 40.0]),
        soft_per_mm: Range([0.0100, 0.0120]),
        lung_fraction: Range([0.28, 0.40]),
        bone_factor: Range([1.15, 1.35]),
        breast_mm: Range([18.0, 55.0]),
        breast_radius_mm: Range([45.0, 85.0]),
        arm_mm: Range([35.0, 75.0]),
        arm_width_mm: Range([28.0, 45.0]),
    },
    camera: Camera {
        // FWHM of everything at the depth of the LV, and the share of it that the detector has at depth 0.
        fwhm_mm: Range([7.0, 16.0]),
        intrinsic_share: Range([0.30, 0.55]),
        field_mm: Range([230.0, 540.0]),
        margin_mm: 10.0,
        off_centre_mm: 28.0,
        // Scatter per primary count and its decay, mm, near the detector and deep in the body.
        scatter_near: Range([0.06, 0.20]),
        scatter_deep: Range([0.20, 0.50]),
        decay_near_mm: Range([18.0, 32.0]),
        decay_deep_mm: Range([40.0, 70.0]),
    },
};
