using System.Buffers.Binary;
using System.Numerics;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Columns;

/// <summary>
/// A row group as the bytes of a chunk, version 1: columns (u16), pages (u16), zero (u32); of each page a header of 32 bytes: column (u16), width (u8), zero (u8 and u32),
/// base (i64), validity bitmap (128 bits); then the packed cells of each page, in the same order, each padded to 8 bytes. Little-endian.
/// </summary>
/// <remarks>The base is the least cell, width bounds the greatest, the bitmap counts what is null: what a scan skips a page by.</remarks>
internal static class RowGroupCodec
{
    private const int HeaderBytes = 8;
    private const int PageHeaderBytes = 32;

    // Columns of attributes and built-in ones; more than that is damage.
    private const int MaxColumns = 4096;

    /// <summary>Writes a row group.</summary>
    public static byte[] Write(RowGroup group)
    {
        var (count, lengthBytes) = (0, HeaderBytes);
        foreach (var page in group.Pages)
        {
            count += page is null ? 0 : 1;
            lengthBytes += page is null ? 0 : PageHeaderBytes + Padded(page.PackedBytes);
        }

        var bytes = new byte[lengthBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)group.Pages.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), (ushort)count);
        var (header, packed) = (HeaderBytes, HeaderBytes + (count * PageHeaderBytes));
        for (var column = 0; column < group.Pages.Length; column++)
        {
            if (group.Pages[column] is { } page)
            {
                WriteHeader(page, (ushort)column, bytes.AsSpan(header, PageHeaderBytes));
                page.Packed.CopyTo(bytes.AsSpan(packed));
                header += PageHeaderBytes;
                packed += Padded(page.PackedBytes);
            }
        }

        return bytes;
    }

    /// <summary>Reads a row group.</summary>
    /// <exception cref="CairnException">Corrupt: these are not the bytes of one.</exception>
    public static Page?[] Read(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length >= HeaderBytes, "it is too short");
        var (columns, count) = (BinaryPrimitives.ReadUInt16LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]));
        Require(columns <= MaxColumns && count <= columns && bytes.Length >= HeaderBytes + (count * PageHeaderBytes), "its counts are out of range");
        var pages = new Page?[columns];
        var packed = bytes[(HeaderBytes + (count * PageHeaderBytes))..];
        for (var (i, last) = (0, -1); i < count; i++)
        {
            var header = bytes.Slice(HeaderBytes + (i * PageHeaderBytes), PageHeaderBytes);
            var column = BinaryPrimitives.ReadUInt16LittleEndian(header);
            Require(column > last && column < columns, "its columns are not in order");
            pages[column] = ReadPage(header, ref packed);
            last = column;
        }

        Require(packed.IsEmpty, "bytes follow its last page");
        return pages;
    }

    private static void WriteHeader(Page page, ushort column, Span<byte> header)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, column);
        header[2] = (byte)page.Width;
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], page.Base);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], page.ValidLow);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], page.ValidHigh);
    }

    private static Page ReadPage(ReadOnlySpan<byte> header, ref ReadOnlySpan<byte> packed)
    {
        var (width, validLow, validHigh) = (header[2], BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), BinaryPrimitives.ReadUInt64LittleEndian(header[24..]));
        Require(width is 0 or 1 or 2 or 4 or 8, "no such width of cells");
        var lengthBytes = (BitOperations.PopCount(validLow) + BitOperations.PopCount(validHigh)) * width;
        Require((validLow | validHigh) != 0 && Padded(lengthBytes) <= packed.Length, "a page is too short or has no cells");
        var cells = packed[..lengthBytes].ToArray();
        packed = packed[Padded(lengthBytes)..];
        return Page.Of(validLow, validHigh, BinaryPrimitives.ReadInt64LittleEndian(header[8..]), width, cells);
    }

    private static int Padded(int lengthBytes) => (lengthBytes + 7) & ~7;

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw Malformed.Because("a row group is damaged: " + what);
        }
    }
}
