//! QR codes of enrolment URIs: for a web page, as a picture file, and for a terminal.
//!
//! Owns the drawing. Does not know what the text means, does no I/O and uses no remote service.
//!
//! SECURITY: a drawing contains the secret in the text. Show it, but never store or log it.

use std::fmt::Write as _;

use data_encoding::BASE64;
use qrcode::{Color, EcLevel, QrCode};
use thiserror::Error;

use super::png::encode;

/// The width of the white border that readers need around the code, in modules (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;

/// The width of a module in an unscaled SVG.
const SCALE: usize = 8;

/// The width of a module in a PNG, in pixels.
const PIXELS: usize = 4;

/// The longest text drawn with medium error correction, in bytes: the capacity of a version 10 code.
/// With its border it has 65 modules, which fit into a terminal of 80 columns.
const LONGEST_AT_MEDIUM: usize = 213;

/// Switches a terminal to black on white. Colour schemes do not change these two of the 256
/// colours, unlike the first sixteen.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";

/// Resets the colours.
const RESET: &str = "\x1b[0m";

/// How a drawing on a terminal tells dark modules from light ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Sets the colours to black on white, which can be scanned on every terminal.
    BlackOnWhite,
    /// Sets no colours: blocks of text are the light modules, on a dark background.
    LightText,
    /// Sets no colours: blocks of text are the dark modules, on a light background.
    DarkText,
}

impl Ink {
    /// Chooses the ink for a terminal that must not be sent colours. `colors` is its COLORFGBG, such
    /// as `0;15`: the text and the background as two of the first sixteen colours. Without it, the
    /// background is taken to be dark, as on most terminals.
    pub fn without_colors(colors: Option<&str>) -> Self {
        let background = colors.and_then(|colors| colors.rsplit(';').next()?.parse::<u8>().ok());
        match background {
            // 8 is a dark grey.
            Some(7 | 9..=15) => Self::DarkText,
            _ => Self::LightText,
        }
    }
}

/// Why a QR code could not be drawn.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QrError {
    /// The text does not fit into the largest QR code.
    #[error("a text of {bytes} bytes is too long for a QR code; shorten the issuer or the name")]
    TooLong {
        /// Length of the text.
        bytes: usize,
    },
}

/// Draws the QR code as an SVG element for inline use in HTML: black on white, sharp edges, scalable
/// by CSS.
///
/// # Errors
/// [`QrError::TooLong`] for more than about 2,900 bytes.
pub fn svg(text: &str) -> Result<String, QrError> {
    let modules = Modules::encode(text)?;
    let side = modules.side();
    let width = side * SCALE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{width}\" \
         viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" role=\"img\" \
         aria-label=\"QR code\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path fill=\"#000\" d=\""
    );
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let run = (x..side).take_while(|x| modules.is_dark(*x, y)).count();
            if run > 0 {
                // Writing to a string cannot fail.
                let _ = write!(svg, "M{x} {y}h{run}v1h-{run}z");
            }
            x += run + 1;
        }
    }
    svg.push_str("\"/></svg>");
    Ok(svg)
}

/// Draws the QR code as a black and white PNG file, with four pixels per module.
///
/// # Errors
/// [`QrError::TooLong`] for more than about 2,900 bytes.
pub fn png(text: &str) -> Result<Vec<u8>, QrError> {
    let modules = Modules::encode(text)?;
    let side = modules.side();
    // Two modules of four pixels make a byte. Bits after the last module are not shown.
    let half = |dark: bool| if dark { 0x0 } else { 0xf };
    let mut rows = Vec::with_capacity(side * PIXELS);
    for y in 0..side {
        let byte = |x| half(modules.is_dark(x, y)) << 4 | half(modules.is_dark(x + 1, y));
        let row: Vec<u8> = (0..side).step_by(2).map(byte).collect();
        rows.extend(std::iter::repeat_n(row, PIXELS));
    }
    let width = u32::try_from(side * PIXELS).map_err(|_| QrError::TooLong { bytes: text.len() })?;
    Ok(encode(width, &rows))
}

/// The PNG of [`png`] as a `data:` URI for the `src` of an HTML image.
///
/// # Errors
/// As [`png`].
pub fn png_data_uri(text: &str) -> Result<String, QrError> {
    Ok(format!("data:image/png;base64,{}", BASE64.encode(&png(text)?)))
}

/// Draws the QR code as lines for a terminal with UTF-8, each ending with a line feed. A character
/// cell shows two modules, one above the other. With [`Ink::BlackOnWhite`], which needs 256 colours,
/// every line sets the colours and resets them.
///
/// # Errors
/// [`QrError::TooLong`] for more than about 2,900 bytes.
pub fn terminal(text: &str, ink: Ink) -> Result<String, QrError> {
    let modules = Modules::encode(text)?;
    let side = modules.side();
    let (start, end) = match ink {
        Ink::BlackOnWhite => (BLACK_ON_WHITE, RESET),
        Ink::LightText | Ink::DarkText => ("", ""),
    };
    let is_text = |x, y| modules.is_dark(x, y) != (ink == Ink::LightText);
    let mut drawing = String::new();
    for y in (0..side).step_by(2) {
        drawing.push_str(start);
        // The side is odd, so the cells of the last row are light below.
        drawing.extend((0..side).map(|x| match (is_text(x, y), is_text(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        }));
        drawing.push_str(end);
        drawing.push('\n');
    }
    Ok(drawing)
}

/// The dark and light modules of a QR code, without the border.
struct Modules {
    width: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Encodes a text, with medium error correction for short texts and low for long ones, whose
    /// codes would otherwise be too large to scan well.
    fn encode(text: &str) -> Result<Self, QrError> {
        let level = if text.len() <= LONGEST_AT_MEDIUM { EcLevel::M } else { EcLevel::L };
        let code = QrCode::with_error_correction_level(text, level)
            .map_err(|_| QrError::TooLong { bytes: text.len() })?;
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { width: code.width(), dark })
    }

    /// How many modules the code is wide, including the border.
    fn side(&self) -> usize {
        self.width + 2 * QUIET
    }

    /// Whether a module is dark, counted from the border's corner. Everything around the code is light.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |n: usize| n.checked_sub(QUIET).filter(|n| *n < self.width);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.dark.get(y * self.width + x).copied().unwrap_or(false),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The border that the standard requires, independent of the code under test.
    const BORDER: usize = 4;

    const SHORT: &str = "otpauth://totp/srv01%20remote-work:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBV\
                         GY3TQOJQ&issuer=srv01%20remote-work&algorithm=SHA1&digits=6&period=30";

    /// Texts of several lengths: tiny, usual, both sides of the limit for medium correction, long.
    fn texts() -> Vec<String> {
        let mut texts = vec!["a".to_owned(), SHORT.to_owned()];
        texts.extend(
            [LONGEST_AT_MEDIUM, LONGEST_AT_MEDIUM + 1, 700]
                .map(|n| SHORT.chars().cycle().take(n).collect()),
        );
        texts
    }

    /// Decodes a square of modules that includes the border, checking that the border is light.
    fn decode(modules: &[Vec<bool>]) -> (rqrr::MetaData, String) {
        let side = modules.len();
        let inside = BORDER..side - BORDER;
        for (y, row) in modules.iter().enumerate() {
            assert_eq!(row.len(), side, "the drawing is not a square");
            for (x, dark) in row.iter().enumerate() {
                assert!(
                    !dark || (inside.contains(&x) && inside.contains(&y)),
                    "dark module in the border"
                );
            }
        }
        let grid =
            rqrr::SimpleGrid::from_func(side - 2 * BORDER, |x, y| modules[y + BORDER][x + BORDER]);
        rqrr::Grid::new(grid).decode().unwrap()
    }

    /// The modules of an SVG made of `M x y h run v1 h-run z` pieces.
    fn modules_of_svg(svg: &str) -> Vec<Vec<bool>> {
        let attribute = |name: &str| {
            let rest = svg.split(&format!(" {name}=\"")).nth(1).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let side: usize = attribute("viewBox").split(' ').nth(2).unwrap().parse().unwrap();
        let path = svg.split("<path fill=\"#000\" d=\"").nth(1).unwrap();
        let path = path.split('"').next().unwrap();
        let mut modules = vec![vec![false; side]; side];
        for piece in path.split_terminator('z') {
            let (start, rest) = piece.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let (run, back) = rest.split_once("v1h-").unwrap();
            assert_eq!(run, back);
            modules[y][x..x + run.parse::<usize>().unwrap()].fill(true);
        }
        modules
    }

    /// The width of a PNG in pixels and its pixels, true for white.
    fn pixels_of_png(file: &[u8]) -> (usize, Vec<Vec<bool>>) {
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut buffer).unwrap();
        assert_eq!(info.bit_depth, ::png::BitDepth::One);
        assert_eq!(info.width, info.height);
        let width = info.width as usize;
        let rows = buffer
            .chunks(info.line_size)
            .map(|row| (0..width).map(|x| row[x / 8] >> (7 - x % 8) & 1 == 1).collect());
        (width, rows.collect())
    }

    /// Guards the SVG: it decodes, has a border, and works inline in HTML.
    #[test]
    fn svg_decodes() {
        for text in texts() {
            let svg = svg(&text).unwrap();
            assert_eq!(decode(&modules_of_svg(&svg)).1, text);
            assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "));
            assert!(svg.ends_with("</svg>"));
            assert!(svg.contains("shape-rendering=\"crispEdges\""));
            assert!(svg.contains("<path fill=\"#fff\" d=\"M0 0h"));
            assert!(!svg.contains("<?xml"));
            let size = modules_of_svg(&svg).len() * SCALE;
            assert!(svg.contains(&format!(" width=\"{size}\" height=\"{size}\" ")));
            assert!(!svg.contains("h0"), "a run of nothing");
            assert_eq!(svg.matches("<path").count(), 2);
        }
    }

    /// Guards the PNG: a QR reader finds and decodes the code from the pixels.
    #[test]
    fn png_decodes() {
        for text in texts() {
            let (width, pixels) = pixels_of_png(&png(&text).unwrap());
            let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| {
                if pixels[y][x] { 255 } else { 0 }
            });
            let grids = picture.detect_grids();
            assert_eq!(grids.len(), 1);
            assert_eq!(grids[0].decode().unwrap().1, text);
            // Every module is a square of one colour, and the border exists.
            let modules: Vec<Vec<bool>> = (0..width / PIXELS)
                .map(|y| (0..width / PIXELS).map(|x| !pixels[y * PIXELS][x * PIXELS]).collect())
                .collect();
            for (y, row) in pixels.iter().enumerate() {
                for (x, white) in row.iter().enumerate() {
                    assert_eq!(*white, !modules[y / PIXELS][x / PIXELS]);
                }
            }
            assert_eq!(decode(&modules).1, text);
        }
    }

    /// Guards the data URI: it contains the PNG.
    #[test]
    fn data_uri_holds_the_png() {
        let uri = png_data_uri(SHORT).unwrap();
        let base64 = uri.strip_prefix("data:image/png;base64,").unwrap();
        assert_eq!(BASE64.decode(base64.as_bytes()).unwrap(), png(SHORT).unwrap());
    }

    /// Guards the terminal drawing: it has colours on every line, or none at all, and two modules per
    /// cell, and decodes.
    #[test]
    fn terminal_decodes() {
        let inks = [Ink::BlackOnWhite, Ink::LightText, Ink::DarkText];
        for (text, ink) in texts().into_iter().flat_map(|text| inks.map(|ink| (text.clone(), ink)))
        {
            let drawing = terminal(&text, ink).unwrap();
            assert!(drawing.ends_with('\n'));
            assert_eq!(drawing.contains('\x1b'), ink == Ink::BlackOnWhite);
            let mut modules = Vec::new();
            for line in drawing.lines() {
                let cells = if ink == Ink::BlackOnWhite {
                    line.strip_prefix(BLACK_ON_WHITE).unwrap().strip_suffix(RESET).unwrap()
                } else {
                    line
                };
                let half = |text: [char; 2]| {
                    assert!(cells.chars().all(|c| " ▀▄█".contains(c)));
                    let is_dark = |c| text.contains(&c) != (ink == Ink::LightText);
                    cells.chars().map(is_dark).collect::<Vec<bool>>()
                };
                modules.push(half(['▀', '█']));
                modules.push(half(['▄', '█']));
            }
            let below = modules.pop().unwrap();
            assert!(below.iter().all(|dark| !dark));
            assert_eq!(decode(&modules).1, text);
        }
    }

    /// Guards the polarity without colours: a wrong one cannot be scanned.
    #[test]
    fn the_ink_follows_the_background() {
        for (colors, expected) in [
            (None, Ink::LightText),
            (Some("15;0"), Ink::LightText),
            (Some("15;default;0"), Ink::LightText),
            (Some("7;8"), Ink::LightText),
            (Some("default;default"), Ink::LightText),
            (Some(""), Ink::LightText),
            (Some("0;15"), Ink::DarkText),
            (Some("0;default;15"), Ink::DarkText),
            (Some("0;7"), Ink::DarkText),
        ] {
            assert_eq!(Ink::without_colors(colors), expected, "{colors:?}");
        }
    }

    /// Guards the choice of error correction: a usual URI fits 80 columns and can be scanned when
    /// smudged, and a long one does not grow unnecessarily.
    #[test]
    fn error_correction_follows_the_length() {
        let level = |n: usize| {
            let text: String = SHORT.chars().cycle().take(n).collect();
            let (meta, _) = decode(&modules_of_svg(&svg(&text).unwrap()));
            (meta.ecc_level, meta.version.0)
        };
        // The format bits of ISO/IEC 18004 table 12: 0 is M, 1 is L.
        assert_eq!(level(SHORT.len()).0, 0);
        assert_eq!(level(LONGEST_AT_MEDIUM), (0, 10));
        assert_eq!(level(LONGEST_AT_MEDIUM + 1), (1, 9));
    }

    /// Guards the error for long texts, which must not contain the text.
    #[test]
    fn a_text_that_is_too_long_is_an_error() {
        let text = "z".repeat(3000);
        let message = "a text of 3000 bytes is too long for a QR code; \
                       shorten the issuer or the name";
        for error in [
            svg(&text).unwrap_err(),
            png(&text).unwrap_err(),
            png_data_uri(&text).unwrap_err(),
            terminal(&text, Ink::LightText).unwrap_err(),
        ] {
            assert!(matches!(error, QrError::TooLong { bytes: 3000 }));
            assert_eq!(error.to_string(), message);
        }
    }
}
