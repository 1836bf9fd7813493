//! Writes black and white PNG files (W3C PNG, third edition; RFC 1950 and 1951).
//!
//! A QR code is small, so it is stored without compression. A compressor would add a twentieth to the
//! size of the verifier, which draws codes only at enrolment. This file knows rows of pixels, not QR codes.

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

/// The checksum at the end of each chunk. Uses no lookup table, which would be larger than the code it speeds up.
const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// The largest stored block of DEFLATE, in bytes.
const BLOCK: usize = 0xffff;

/// Encodes a PNG file of `side` × `side` pixels of one bit each. `rows` are the packed rows from the top,
/// with the first pixel in the highest bit. A set bit is white.
pub(super) fn encode(side: u32, rows: &[Vec<u8>]) -> Vec<u8> {
    let mut header = Vec::from(side.to_be_bytes());
    header.extend(side.to_be_bytes());
    // One bit per pixel, greyscale, the only defined methods, not interlaced.
    header.extend([1, 0, 0, 0, 0]);
    // Each row begins with its filter type: 0, none.
    let data: Vec<u8> = rows.iter().flat_map(|row| [&[0], row.as_slice()].concat()).collect();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    write_chunk(&mut file, *b"IHDR", &header);
    write_chunk(&mut file, *b"IDAT", &zlib_stored(&data));
    write_chunk(&mut file, *b"IEND", &[]);
    file
}

fn write_chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let body = [&kind, data].concat();
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend(&body);
    file.extend(CRC.checksum(&body).to_be_bytes());
}

/// A zlib stream of stored blocks.
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in data {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the Adler-32 checksum at the end against known values, because lenient decoders ignore it.
    #[test]
    fn the_stream_ends_with_its_checksum() {
        let ones = vec![0xff; 100_000];
        for (data, sum) in [(&b""[..], 1), (b"Wikipedia", 0x11e6_0398), (&ones, 0x149a_302c_u32)] {
            assert!(zlib_stored(data).ends_with(&sum.to_be_bytes()), "{} bytes", data.len());
        }
    }

    /// Guards the file with an independent decoder, below and above one stored block.
    #[test]
    fn another_decoder_reads_the_same_pixels() {
        for side in [8_u32, 240, 1000] {
            let width = side as usize / 8;
            let rows: Vec<Vec<u8>> = (0..side)
                .map(|y| (0..width).map(|x| (x * 31 + y as usize).to_le_bytes()[0]).collect())
                .collect();
            let file = encode(side, &rows);
            let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut pixels).unwrap();
            assert_eq!((info.width, info.height), (side, side));
            assert_eq!(pixels, rows.concat());
        }
    }
}
