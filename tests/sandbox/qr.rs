//! Reads QR codes that are drawn as text.

/// Returns the text in a QR code that consists of half blocks, light ones on a dark background.
pub(crate) fn read_text_qr(drawing: &str) -> String {
    let rows: Vec<Vec<char>> = drawing.lines().map(|line| line.chars().collect()).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let is_light = |x: usize, y: usize| match rows[y / 2].get(x) {
        Some('█') => true,
        Some('▀') => y.is_multiple_of(2),
        Some('▄') => !y.is_multiple_of(2),
        Some(' ') | None => false,
        Some(other) => panic!("{other:?} is not part of a QR code:\n{drawing}"),
    };
    // The reader needs several pixels for each module.
    let (scale, height) = (4, 2 * rows.len());
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width * scale, height * scale, |x, y| {
            if is_light(x / scale, y / scale) { 255 } else { 0 }
        });
    let grids = image.detect_grids();
    let grid = grids.first().unwrap_or_else(|| panic!("no QR code:\n{drawing}"));
    grid.decode().unwrap_or_else(|error| panic!("{error}:\n{drawing}")).1
}
