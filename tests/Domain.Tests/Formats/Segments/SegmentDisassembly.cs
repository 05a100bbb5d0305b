using System.Text;
using Cairn.Formats.Segments;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>Prints a segment as text: what golden files are compared with.</summary>
internal static class SegmentDisassembly
{
    public static string Of(SegmentBytes segment)
    {
        var (file, text) = (segment.Open(), new StringBuilder());
        var header = file.Header;
        text.Append($"segment {segment.Bytes.Length} bytes, incarnation {header.Incarnation}, position {header.Position}, epoch {header.Epoch}\n");
        foreach (var section in file.Sections)
        {
            text.Append($"section {section.Id} {(section.Required ? "required" : "optional")}{(section.Known ? "" : ", unknown")}\n");
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                text.Append($"  chunk {chunk.Number} at {chunk.Offset}, {chunk.Method}, {chunk.StoredBytes} of {chunk.RawBytes} bytes, crc {chunk.Crc:x8}\n");
                text.Append($"    {Text(file.Read(chunk))}\n");
            }
        }

        return text.ToString();
    }

    private static string Text(byte[] raw) =>
        raw.All(value => value is >= 32 and < 127) ? $"'{Encoding.ASCII.GetString(raw)}'" : Convert.ToHexStringLower(raw);
}
