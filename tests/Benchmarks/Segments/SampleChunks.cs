using System.Buffers.Binary;
using Cairn.Benchmarks.Workload;

namespace Cairn.Benchmarks.Segments;

/// <summary>Chunks of the sorts that a segment holds, made of the generated graph.</summary>
internal static class SampleChunks
{
    private const int ArenaBytes = 80 * 1024;
    private const int IndexBytes = 64 * 1024;
    private const int RowsPerGroup = 128;

    /// <summary>Texts of concepts, one after the other, as an arena holds them.</summary>
    public static IEnumerable<byte[]> Texts(Dataset data)
    {
        var chunk = new MemoryStream(ArenaBytes);
        foreach (var concept in data.Concepts)
        {
            if (chunk.Length + concept.ContentBytes > ArenaBytes)
            {
                yield return chunk.ToArray();
                chunk.SetLength(0);
            }

            chunk.Write(concept.Content);
        }
    }

    /// <summary>Twelve columns of 128 rows each, packed to 0, 1, 2, 4 or 8 bytes a cell: about 5 KB, of which 2 KB are random bits.</summary>
    public static IEnumerable<byte[]> RowGroups(Dataset data)
    {
        var random = new SeededRandom(1);
        for (var first = 0; first + RowsPerGroup <= data.Concepts.Length; first += RowsPerGroup)
        {
            var (start, chunk) = (first, new MemoryStream());
            Pack(chunk, 1, _ => 1); // flags
            Pack(chunk, 4, row => row * 239L); // version
            Pack(chunk, 4, row => row / 40 * 1_900L); // created
            Pack(chunk, 4, _ => random.Below(60_000_000)); // updated
            Pack(chunk, 4, _ => random.Below(60_000_000)); // reinforced
            Pack(chunk, 4, _ => 0x3F00_0000 + random.Below(0x80_0000)); // strength
            Pack(chunk, 1, _ => random.Below(8)); // label set
            Pack(chunk, 4, row => row * 150L); // content
            Pack(chunk, 4, row => data.Concepts[start + row].Salary - 18_000);
            Pack(chunk, 1, row => data.Concepts[start + row].Role[0]);
            Pack(chunk, 8, row => BitConverter.DoubleToInt64Bits(data.Concepts[start + row].Score));
            Pack(chunk, 1, row => data.Concepts[start + row].Active ? 1 : 0);
            yield return chunk.ToArray();
        }
    }

    /// <summary>Slots of a hash index of 64 bits, three quarters of them taken: a random tag and a row number below 2^17.</summary>
    public static IEnumerable<byte[]> HashSlots(int count)
    {
        var random = new SeededRandom(2);
        for (; count > 0; count--)
        {
            var chunk = new byte[IndexBytes];
            for (var at = 0; at < chunk.Length; at += sizeof(ulong))
            {
                var slot = random.Below(4) == 0 ? 0 : (random.Next() << 32) | (uint)random.Below(1 << 17);
                BinaryPrimitives.WriteUInt64LittleEndian(chunk.AsSpan(at), slot);
            }

            yield return chunk;
        }
    }

    /// <summary>Neighbours by source: association and other end, 32 bits each.</summary>
    public static IEnumerable<byte[]> Neighbors(Dataset data)
    {
        const int PerChunk = IndexBytes / (2 * sizeof(uint));
        for (var first = 0; first + PerChunk <= data.Associations.Length; first += PerChunk)
        {
            var chunk = new byte[IndexBytes];
            for (var i = 0; i < PerChunk; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(i * 8), first + i);
                BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan((i * 8) + 4), data.Associations[first + i].Target);
            }

            yield return chunk;
        }
    }

    private static void Pack(MemoryStream chunk, int width, Func<int, long> cell)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        for (var row = 0; row < RowsPerGroup; row++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, cell(row));
            chunk.Write(bytes[..width]);
        }
    }
}
