use super::{Matrix, Packed, Then, gelu_grad, thin};
use crate::backend::Products;
use crate::backend::random;
use crate::kernel::{alone, dropout};
use std::sync::OnceLock;

/// a · b and a bias.
fn product(a: Matrix<'_, f32>, b: Matrix<'_, f32>, bias: Option<&[f32]>, how: Products) -> Vec<f32> {
    let mut out = vec![f32::NAN; a.rows * b.columns];
    super::product(a, b, Then::plus(bias), &mut out, how);
    out
}

/// Numbers from −1 to 1.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let row = random::row(seed, 0);
    (0..count).map(|at| random::uniform(row, at) as f32 * 2.0 - 1.0).collect()
}

/// A matrix of these numbers, by rows or by columns.
fn matrix(data: &[f32], [rows, columns]: [usize; 2], by_columns: bool) -> Matrix<'_, f32> {
    let (row_stride, column_stride) = if by_columns { (1, rows) } else { (columns, 1) };
    Matrix { data, rows, columns, row_stride, column_stride }
}

/// The product in f64, and for each number the sum of the absolute values that it is made of.
fn exact(a: Matrix<'_, f32>, b: Matrix<'_, f32>, bias: &[f32]) -> Vec<[f64; 2]> {
    let at = |m: Matrix<'_, f32>, row: usize, column: usize| {
        f64::from(m.data[row * m.row_stride + column * m.column_stride])
    };
    let places = (0..a.rows).flat_map(|row| (0..b.columns).map(move |column| (row, column)));
    let number = |(row, column): (usize, usize)| {
        let terms = (0..a.columns).map(|k| at(a, row, k) * at(b, k, column));
        let terms = terms.chain([f64::from(bias[column])]);
        terms.fold([0.0, 0.0], |[sum, size], term| [sum + term, size + term.abs()])
    };
    places.map(number).collect()
}

/// The share of the sum of absolute values by which a product may be off: what rounding the operands may do.
const fn tolerance(products: Products) -> f64 {
    match products {
        Products::Full => 1e-6,
        Products::Bf16 => 2.0 / 256.0, // half a unit in the eighth bit, of each operand
    }
}

#[test]
fn products_agree_with_float64_whatever_their_sizes_and_strides() {
    let wide = [[12, 32, 384], [13, 33, 385], [17, 70, 1000], [100, 17, 31], [49, 64, 769]];
    let narrow = [[1, 1, 1], [5, 70, 1000], [37, 1, 77], [100, 16, 384], [130, 5, 60], [90, 200, 7], [3, 150, 200]];
    for [m, n, k] in wide.into_iter().chain(narrow) {
        let (a, b, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(n, 3));
        for (turn_a, turn_b) in [(false, false), (false, true), (true, false), (true, true)] {
            let (a, b) = (matrix(&a, [m, k], turn_a), matrix(&b, [k, n], turn_b));
            let exact = exact(a, b, &bias);
            for products in [Products::Full, Products::Bf16] {
                let found = product(a, b, Some(&bias), products);
                assert_eq!(found.len(), m * n);
                for (found, [sum, size]) in found.iter().zip(&exact) {
                    let error = (f64::from(*found) - sum).abs() / size;
                    assert!(error <= tolerance(products), "{products:?} {m}×{k}·{k}×{n}: {error} of {size}");
                }
            }
        }
    }
}

#[test]
fn numbers_of_every_size_are_multiplied_in_f32_as_exactly_as_f32_is() {
    let (m, n, k) = (33, 34, 20); // few terms: their order adds little to what each is off
    let sized = |count: usize, seed: u64| -> Vec<f32> {
        let sizes = numbers(count, seed + 10);
        numbers(count, seed).iter().zip(sizes).map(|(x, size)| x * (20.0 * size).exp2()).collect()
    };
    let (a, b) = (sized(m * k, 1), sized(k * n, 2));
    let (a, b) = (matrix(&a, [m, k], false), matrix(&b, [k, n], true));
    for (found, [sum, size]) in product(a, b, None, Products::Full).iter().zip(exact(a, b, &[0.0; 34])) {
        assert!((f64::from(*found) - sum).abs() <= 3e-7 * size, "{found} and {sum}, of {size}");
    }
}

#[test]
fn what_is_not_finite_is_seen_in_its_row_and_in_no_other() {
    for how in [Products::Full, Products::Bf16] {
        for bad in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let (mut a, b) = (numbers(40 * 70, 1), vec![1.0; 70 * 40]);
            a[3 * 70 + 5] = bad;
            let found = product(matrix(&a, [40, 70], false), matrix(&b, [70, 40], false), None, how);
            for (row, found) in found.chunks_exact(40).enumerate() {
                assert!(found.iter().all(|x| x.is_finite() == (row != 3)), "{how:?} {bad} {row}");
            }
        }
    }
}

#[test]
fn rounding_first_gives_what_the_processor_gives_but_for_the_order_of_sums() {
    let (a, b) = (numbers(20 * 100, 1), numbers(100 * 40, 2));
    let (a, b) = (matrix(&a, [20, 100], false), matrix(&b, [100, 40], true));
    let exact = exact(a, b, &[0.0; 40]);
    let (left, right) = (a.rounded(), b.rounded());
    let by_hand = product(matrix(&left, [20, 100], false), matrix(&right, [100, 40], false), None, Products::Full);
    for ((found, by_hand), [_, size]) in product(a, b, None, Products::Bf16).iter().zip(&by_hand).zip(&exact) {
        assert!(f64::from((found - by_hand).abs()) <= 1e-6 * size, "{found} and {by_hand}");
    }
}

#[test]
fn products_are_the_same_bits_for_every_number_of_threads() {
    let (a, b) = (numbers(300 * 500, 1), numbers(500 * 90, 2));
    let (a, b) = (matrix(&a, [300, 500], true), matrix(&b, [500, 90], false));
    let bits = |numbers: Vec<f32>| numbers.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    for how in [Products::Full, Products::Bf16] {
        assert_eq!(bits(alone(|| product(a, b, None, how))), bits(product(a, b, None, how)));
    }
}

#[test]
fn a_product_is_scaled_and_added_to_what_stands_there() {
    for [m, n, k] in [[5, 70, 1000], [100, 16, 384], [37, 384, 16], [1, 1, 1]] {
        let (a, b, c) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
        let (a, b) = (matrix(&a, [m, k], false), matrix(&b, [k, n], true));
        for how in [Products::Full, Products::Bf16] {
            let mut sum = c.clone();
            super::product(a, b, Then::added(0.5), &mut sum, how);
            for ((sum, &c), product) in sum.iter().zip(&c).zip(product(a, b, None, how)) {
                assert!((sum - (c + 0.5 * product)).abs() <= 1e-5 * (1.0 + product.abs()), "{how:?} {m}×{k}·{k}×{n}");
            }
        }
    }
}

#[test]
fn a_product_and_a_bias_are_added_to_what_stands_there() {
    for [m, n, k] in [[5, 70, 1000], [100, 16, 384], [37, 384, 16], [50, 33, 400], [1, 1, 1]] {
        let (a, b, c, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3), numbers(n, 4));
        let (a, b) = (matrix(&a, [m, k], false), matrix(&b, [k, n], true));
        for how in [Products::Full, Products::Bf16] {
            let mut sum = c.clone();
            super::product(a, b, Then::joined(&bias), &mut sum, how);
            for ((sum, &c), product) in sum.iter().zip(&c).zip(product(a, b, Some(&bias), how)) {
                assert!((sum - (c + product)).abs() <= 1e-5 * (1.0 + product.abs()), "{how:?} {m}×{k}·{k}×{n}");
            }
        }
    }
}

#[test]
fn a_product_is_multiplied_by_the_slope_of_gelu() {
    for [m, n, k] in [[5, 70, 1000], [100, 16, 384], [37, 384, 16], [50, 33, 400], [70, 8192, 20], [1, 1, 1], [0, 3, 3]]
    {
        let (a, b, x) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
        let (a, b) = (matrix(&a, [m, k], false), matrix(&b, [k, n], true));
        for how in [Products::Full, Products::Bf16] {
            let mut expected = product(a, b, None, how);
            gelu_grad(&mut expected, &x);
            let mut found = vec![f32::NAN; m * n];
            super::product(a, b, Then::sloped(&x), &mut found, how);
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-5 * (1.0 + expected.abs()), "{how:?} {m}×{k}·{k}×{n}");
            }
        }
    }
}

#[test]
fn the_squares_of_a_product_are_told_by_those_who_write_it() {
    for [m, n, k] in [[50, 33, 400], [300, 600, 1000], [1, 20, 20], [0, 20, 20]] {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let (a, b) = (matrix(&a, [m, k], false), matrix(&b, [k, n], true));
        for how in [Products::Full, Products::Bf16] {
            let told = |out: &mut [f32]| {
                let squares = OnceLock::new();
                super::product(a, b, Then { squares: Some(&squares), ..Then::plus(None) }, out, how);
                squares.into_inner()
            };
            let mut out = vec![f32::NAN; m * n];
            let (by_all, by_one) = (told(&mut out), alone(|| told(&mut out)));
            assert_eq!(by_all.map(f64::to_bits), by_one.map(f64::to_bits));
            let squares: f64 = out.iter().map(|&x| f64::from(x).powi(2)).sum();
            assert!(by_all.is_none_or(|told| (told - squares).abs() <= 1e-6 * squares), "{how:?} {by_all:?} {squares}");
            #[cfg(target_arch = "x86_64")]
            assert_eq!(by_all.is_some(), Packed::new(a, true, how).is_some() && m * n > 0, "{how:?} {m}×{k}·{k}×{n}");
        }
    }
}

#[test]
fn sides_that_are_packed_once_give_the_same_bits() {
    let (a, b) = (numbers(50 * 500, 1), numbers(500 * 90, 2));
    let (a, b) = (matrix(&a, [50, 500], false), matrix(&b, [500, 90], true));
    let mut out = vec![0.0; 50 * 90];
    for how in [Products::Full, Products::Bf16] {
        if let (Some(left), Some(right)) = (Packed::new(a, true, how), Packed::new(b, false, how)) {
            for _ in 0..2 {
                left.times(&right, Then::plus(None), &mut out);
                assert_eq!(out, product(a, b, None, how));
            }
        }
    }
}

#[test]
fn products_of_attention_in_bf16_agree_with_float64_and_leave_what_lies_between_rows() {
    use crate::kernel::own::Own;
    use crate::kernel::small::{self, Left};
    for [m, n, k] in [[64, 64, 32], [70, 96, 33], [128, 32, 128], [150, 160, 20], [32, 48, 300]] {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        for turned in [false, true] {
            let exact = exact(matrix(&a, [m, k], turned), matrix(&b, [k, n], false), &vec![0.0; n]);
            let (row, place) = if turned { (1, m) } else { (k, 1) };
            let (mut out, stride) = (vec![7.0; m * (n + 3)], n + 3);
            // As attention does: by vectors where there are no tiles.
            let left = Left { data: &a[..], row, place };
            if !f32::tiled_product([m, n, k], left, (&b, n), (&mut out, stride)) {
                small::product([m, n, k], left, (&b, n), (&mut out, stride));
            }
            for (out, exact) in out.chunks_exact(stride).zip(exact.chunks_exact(n)) {
                for (found, [sum, size]) in out.iter().zip(exact) {
                    let error = (f64::from(*found) - sum).abs();
                    assert!(error <= tolerance(Products::Bf16) * size, "{m}×{k}·{k}×{n}: {error} of {size}");
                }
                assert_eq!(out[n..], [7.0; 3], "what lies between rows");
            }
        }
    }
}

#[test]
fn a_product_of_nothing_is_the_bias() {
    let nothing = matrix(&[], [0, 3], false);
    for products in [Products::Full, Products::Bf16] {
        assert_eq!(product(nothing, matrix(&[1.0; 6], [3, 2], false), None, products).len(), 0);
        let (a, b) = (matrix(&[], [2, 0], false), matrix(&[], [0, 2], false));
        assert_eq!(product(a, b, Some(&[1.0, 2.0]), products), [1.0, 2.0, 1.0, 2.0]);
    }
}

#[test]
fn a_row_of_a_product_has_the_same_bits_whatever_its_neighbors() {
    for products in [Products::Full, Products::Bf16] {
        for (k, n) in [(32, 32), (48, 32), (384, 64), (384, 8), (12, 384)] {
            let (data, weights) = (numbers(200 * k, 1), numbers(n * k, 2));
            let b = matrix(&weights, [k, n], true);
            let whole = product(matrix(&data, [200, k], false), b, None, products);
            for m in (1..40).chain([63, 64, 65, 199]) {
                let part = product(matrix(&data[..m * k], [m, k], false), b, None, products);
                assert!(part == whole[..m * n], "{m} rows of {k}, {n} columns, {products:?}");
            }
        }
    }
}

#[test]
fn narrow_products_through_dropout_are_those_of_what_dropout_leaves() {
    let (m, site, p) = (75, 3, 0.25);
    let keys: Vec<u64> = (0..m as u64).map(|key| key * 77).collect();
    let through = thin::Through::new(&keys, site, p);
    for (k, r) in [(64, 16), (101, 8), (384, 5), (70, 3)] {
        let (wide, narrow, weights) = (numbers(m * k, 1), numbers(m * r, 2), numbers(k * r, 3));
        let mut left = wide.clone();
        dropout::dropout(&mut left, None, &keys, site, p);
        let [x, kept] = [&wide, &left].map(|data| matrix(data, [m, k], false));
        let h = matrix(&narrow, [m, r], false);
        let w = |by_columns| matrix(&weights, [k, r], by_columns);
        let (bias, before) = (vec![0.0; k.max(m)], numbers(m * k, 4));
        for (products, by_columns) in [Products::Full, Products::Bf16].into_iter().flat_map(|p| [(p, false), (p, true)])
        {
            let near = |found: &[f32], exact: &[[f64; 2]], what: &str| {
                for (&found, [sum, size]) in found.iter().zip(exact) {
                    let error = (f64::from(found) - sum).abs() / size.max(1e-3);
                    assert!(error <= tolerance(products), "{what} of {k} and {r}, {products:?}: {found}, {sum}");
                }
            };
            let terms = |then| thin::Terms { then, through: Some(&through), how: products };
            let mut out = vec![f32::NAN; m * r];
            thin::down(x, w(by_columns), terms(Then::plus(None)), &mut out);
            near(&out, &exact(kept, w(by_columns), &bias), "down");

            for turned in [false, true] {
                let mut out = vec![f32::NAN; r * k];
                thin::across([h, x], turned, terms(Then::plus(None)), &mut out);
                let exact =
                    if turned { exact(kept.transposed(), h, &bias) } else { exact(h.transposed(), kept, &bias) };
                near(&out, &exact, "across");
            }

            // What is dropped of the product adds nothing to what stood there.
            let mut out = before.clone();
            thin::up(h, w(by_columns).transposed(), terms(Then::added(2.0)), &mut out);
            let mut factors = vec![1.0; m * k];
            dropout::dropout(&mut factors, None, &keys, site, p);
            let scaled = exact(h, w(by_columns).transposed(), &bias).into_iter().zip(&factors).zip(&before);
            let scaled: Vec<[f64; 2]> = scaled
                .map(|(([sum, size], &factor), &before)| {
                    let (factor, before) = (2.0 * factor, f64::from(before));
                    [before + factor * sum, before.abs() + factor * size]
                })
                .collect();
            near(&out, &scaled, "up");
        }
    }
}
