//! What a camera sees on a page.

/// Returns what a phone's camera reads from a picture of the page.
pub(crate) fn scan(png: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let samples = info.color_type.samples();
    let (width, height) = (info.width as usize, info.height as usize);
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let at = (y * width + x) * samples;
        let sum: u32 = pixels[at..at + 3].iter().map(|value| u32::from(*value)).sum();
        u8::try_from(sum / 3).unwrap()
    });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "QR codes on the page");
    grids[0].decode().unwrap().1
}
