#!/usr/bin/env python3
"""Reads a segment (format version 1, see segment.md): prints what is in it and checks every checksum, or writes one chunk to standard output.

    read_segment.py FILE
    read_segment.py FILE --section KIND[:ARGUMENT] --chunk NUMBER [--stored]

Standard library only. It has no Brotli, so of such chunks it checks the stored bytes; --stored writes them as they are, for another program.
Exit code: 0 all is well, 1 the file is damaged or of a later version, 2 wrong usage or nothing to show.
"""

import argparse
import struct
import sys
import zlib
from typing import NamedTuple

HEADER = struct.Struct("<8sHHI16sqq12sI")
FOOTER = struct.Struct("<8sQIIII")
TOC_HEADER = struct.Struct("<II")
SECTION = struct.Struct("<HHIII")
CHUNK = struct.Struct("<IB3sIIIIQ")

VERSION = 1
MAX_CHUNK_BYTES = 16 * 1024 * 1024
STORED, DEFLATE, BROTLI = range(3)
METHODS = ("stored", "deflate", "brotli")
KINDS = {
    1: "state", 2: "concept rows", 3: "association rows", 4: "concept arena", 5: "association arena", 6: "key bytes", 7: "key references",
    8: "hash index", 9: "adjacency offsets", 10: "adjacency entries", 11: "id order", 12: "zone maps of concept rows", 13: "text postings",
    14: "vectors", 15: "small parts of a derived index", 16: "text terms", 17: "text documents", 18: "slots of vectors", 32: "outcomes", 33: "outcome positions", 34: "commit ids", 35: "commit id fences",
    36: "outcome range", 37: "commit id filter",
}


class Damaged(Exception):
    """The file is not a whole segment of this version."""


class Chunk(NamedTuple):
    number: int
    method: int
    stored_bytes: int
    raw_bytes: int
    crc: int
    offset: int


class Section(NamedTuple):
    kind: int
    argument: int
    required: bool
    chunks: list


def crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def require(holds, what):
    if not holds:
        raise Damaged(what)


def read_at(file, offset, length):
    file.seek(offset)
    data = file.read(length)
    require(len(data) == length, f"offset {offset}: the file ends before {length} bytes")
    return data


def base32(data):
    bits = int.from_bytes(data, "big") << 2
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[bits >> shift & 31] for shift in range(125, -1, -5))


def read_header(file):
    data = read_at(file, 0, HEADER.size)
    magic, version, length, flags, incarnation, position, epoch, zeros, crc = HEADER.unpack(data)
    require(magic == b"CairnSeg" and crc32c(data[:60]) == crc, "offset 0: the header is damaged")
    require(version == VERSION, f"offset 8: version {version}, this script knows {VERSION}")
    require(length == HEADER.size and flags == 0 and not any(zeros) and 0 <= position < 1 << 53 and epoch >= 0, "offset 0: a field of the header is out of range")
    return incarnation, position, epoch


def read_toc(file, file_bytes):
    at = file_bytes - FOOTER.size
    data = read_at(file, at, FOOTER.size)
    magic, toc_offset, toc_bytes, toc_crc, zero, crc = FOOTER.unpack(data)
    require(magic == b"CairnToc" and crc32c(data[:28]) == crc, f"offset {at}: the footer is damaged, or the file is not whole")
    require(zero == 0 and toc_offset >= HEADER.size and toc_offset % 8 == 0 and toc_bytes >= TOC_HEADER.size and toc_offset + toc_bytes == at,
            f"offset {at}: the footer does not fit to the file")
    toc = read_at(file, toc_offset, toc_bytes)
    require(crc32c(toc) == toc_crc, f"offset {toc_offset}: the table of contents is damaged")
    try:
        sections = parse_toc(toc, toc_offset)
    except struct.error:
        raise Damaged(f"offset {toc_offset}: the table of contents ends inside a section") from None
    end = HEADER.size
    for chunk in sorted((chunk for section in sections for chunk in section.chunks), key=lambda chunk: (chunk.offset, chunk.stored_bytes)):
        require(chunk.offset >= end, f"offset {chunk.offset}: chunk {chunk.number} overlaps another one")
        end = chunk.offset + chunk.stored_bytes
    return sections


def parse_toc(toc, toc_offset):
    count, zero = TOC_HEADER.unpack_from(toc)
    require(zero == 0, f"offset {toc_offset}: reserved bytes are not zero")
    sections, at = [], TOC_HEADER.size
    for _ in range(count):
        kind, flags, argument, chunk_count, zero = SECTION.unpack_from(toc, at)
        where = f"offset {toc_offset + at}: section {kind}:{argument}"
        require(flags <= 1, f"{where} has flags {flags}, this script knows 1")
        require(zero == 0 and chunk_count > 0, f"{where} makes no sense")
        require(not sections or sections[-1][:2] < (kind, argument), f"{where} is out of order")
        at += SECTION.size
        chunks = []
        for _ in range(chunk_count):
            chunks.append(parse_chunk(toc, at, toc_offset, chunks))
            at += CHUNK.size
        sections.append(Section(kind, argument, flags == 1, chunks))
    require(at == len(toc), f"offset {toc_offset + at}: bytes stand behind the last section")
    return sections


def parse_chunk(toc, at, toc_offset, before):
    number, method, zeros, stored, raw, crc, zero, offset = CHUNK.unpack_from(toc, at)
    where = f"offset {toc_offset + at}: chunk {number}"
    require(not before or before[-1].number < number, f"{where} is out of order")
    require(method <= BROTLI and not any(zeros) and zero == 0, f"{where} has method {method}, or reserved bytes that are not zero")
    require(raw <= MAX_CHUNK_BYTES and (stored == raw if method == STORED else 0 < stored < raw), f"{where} has impossible lengths")
    require(HEADER.size <= offset and offset % 8 == 0 and offset + stored <= toc_offset, f"{where} lies outside of the chunks")
    return Chunk(number, method, stored, raw, crc, offset)


def read_chunk(file, chunk):
    """The stored bytes, checked."""
    data = read_at(file, chunk.offset, chunk.stored_bytes)
    require(crc32c(data) == chunk.crc, f"offset {chunk.offset}: the checksum of chunk {chunk.number} is wrong")
    return data


def inflate(chunk, data):
    inflater = zlib.decompressobj(wbits=-15)
    try:
        raw = inflater.decompress(data, chunk.raw_bytes + 1)
    except zlib.error as error:
        raise Damaged(f"offset {chunk.offset}: chunk {chunk.number}: {error}") from None
    require(len(raw) == chunk.raw_bytes and inflater.eof and not inflater.unused_data, f"offset {chunk.offset}: chunk {chunk.number} makes other bytes than it says")
    return raw


def check(file, chunk):
    """How a chunk fared, in words."""
    data = read_chunk(file, chunk)
    if chunk.method == DEFLATE:
        inflate(chunk, data)
    return "checksum right" + (", not decompressed: no Brotli here" if chunk.method == BROTLI else "")


def print_file(file, header, sections):
    incarnation, position, epoch = header
    print(f"segment version {VERSION}, incarnation {base32(incarnation)}, position {position >> 32}:{position & 0xFFFFFFFF}, epoch {epoch}")
    damaged = 0
    for section in sections:
        need = "required" if section.required else "optional"
        print(f"section {section.kind}:{section.argument} ({KINDS.get(section.kind, 'unknown')}), {need}, chunks {len(section.chunks)}")
        for chunk in section.chunks:
            try:
                result = check(file, chunk)
            except Damaged as error:
                damaged, result = damaged + 1, f"DAMAGED: {error}"
            print(f"  chunk {chunk.number} at {chunk.offset}, {METHODS[chunk.method]}, {chunk.stored_bytes} of {chunk.raw_bytes} bytes: {result}")
    print(f"sections {len(sections)}, chunks {sum(len(section.chunks) for section in sections)}, damaged {damaged}")
    return 1 if damaged else 0


def section_id(text):
    kind, _, argument = text.partition(":")
    return int(kind), int(argument or 0)


def dump(file, sections, wanted, number, stored):
    found = [chunk for section in sections if section[:2] == wanted for chunk in section.chunks if chunk.number == number]
    if not found:
        print(f"there is no chunk {number} in a section {wanted[0]}:{wanted[1]}", file=sys.stderr)
        return 2
    data = read_chunk(file, found[0])
    if found[0].method == BROTLI and not stored:
        print("the chunk is compressed by Brotli: --stored writes it as it is", file=sys.stderr)
        return 2
    sys.stdout.buffer.write(inflate(found[0], data) if found[0].method == DEFLATE and not stored else data)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--section", metavar="KIND[:ARGUMENT]", type=section_id, help="which section's chunk to write")
    parser.add_argument("--chunk", metavar="NUMBER", type=int, help="which of its chunks")
    parser.add_argument("--stored", action="store_true", help="write it as it is stored")
    options = parser.parse_args()
    if (options.section is None) != (options.chunk is None):
        parser.error("--section and --chunk go together")
    with open(options.file, "rb") as file:
        file_bytes = file.seek(0, 2)
        try:
            require(file_bytes >= HEADER.size + TOC_HEADER.size + FOOTER.size, f"{file_bytes} bytes are no whole segment")
            header = read_header(file)
            sections = read_toc(file, file_bytes)
            if options.section is None:
                return print_file(file, header, sections)
            return dump(file, sections, options.section, options.chunk, options.stored)
        except Damaged as error:
            print(f"{options.file}: {error}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
