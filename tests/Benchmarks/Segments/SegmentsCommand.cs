using System.Diagnostics;
using System.Globalization;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Benchmarks.Segments;

/// <summary>What opening a segment costs by its number of chunks, and what each compression costs and saves by the sort of chunk. One thread, in memory.</summary>
internal sealed class SegmentsCommand(int rounds)
{
    private const int Sections = 40;
    private static readonly TimeSpan Warming = TimeSpan.FromMilliseconds(300);
    private const long BytesPerRound = 2 * 1024 * 1024;

    /// <summary>A way to store a chunk; null: it is stored as it is.</summary>
    private sealed record Compression(string Name, CompressionMethod Method, Func<byte[], byte[]?> Compress);

    private static readonly Compression[] Compressions =
    [
        new("stored", CompressionMethod.Stored, static _ => null),
        Deflate(1), Deflate(2), Deflate(6), Brotli(1), Brotli(4),
    ];

    private static Compression Deflate(int level) =>
        new($"deflate {level}", CompressionMethod.Deflate, raw => ChunkCompression.TryDeflate(raw, raw.Length - 1, level));

    private static Compression Brotli(int quality) =>
        new($"brotli {quality}", CompressionMethod.Brotli, raw => ChunkCompression.TryBrotli(raw, raw.Length - 1, quality));

    public static int Run(bool quick)
    {
        ThreadClock.UseCpuTime();
        var command = new SegmentsCommand(quick ? 5 : 25);
        Console.WriteLine(Hardware.Line());
        command.PrintOpening();
        Console.WriteLine();
        command.PrintCompressions();
        return 0;
    }

    private void PrintOpening()
    {
        string[] heads = ["chunks", "sections", "open µs", "ns a chunk", "B a chunk", "find ns"];
        int[] counts = [1_000, 10_000, 40_000, 400_000];
        FigureTable.PrintRows(Console.Out, heads, [.. counts.Select(MeasureOpening)]);
    }

    private string[] MeasureOpening(int chunks)
    {
        var chunk = EncodedChunk.Encode(new byte[8], CompressionMethod.Stored);
        var perSection = chunks / Sections;
        var segment = MemorySegment.Write(Enumerable.Repeat(Enumerable.Repeat(chunk, perSection), Sections));
        var open = Time(() => segment.Open());
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var file = segment.Open();
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        var find = Time(() => FindAll(file, perSection)) / chunks;
        return [$"{chunks:N0}", $"{Sections}", Number(open / 1e3), Number(open / chunks), Number((double)bytes / chunks), Number(find)];
    }

    private static void FindAll(SegmentFile file, int perSection)
    {
        for (var number = 0; number < perSection; number++)
        {
            for (var section = 0; section < Sections; section++)
            {
                Invariant.Require(file.TryFind(new(SectionKind.ConceptRows, (uint)section), (uint)number, out _), "a chunk is missing");
            }
        }
    }

    private void PrintCompressions()
    {
        var data = new Dataset(100_000);
        (string Name, byte[][] Chunks)[] sorts =
        [
            ("texts", [.. SampleChunks.Texts(data)]),
            ("row groups", [.. SampleChunks.RowGroups(data)]),
            ("hash slots", [.. SampleChunks.HashSlots(40)]),
            ("neighbours", [.. SampleChunks.Neighbors(data)]),
        ];
        string[] heads = ["chunks of", "bytes", "method", "stored %", "encode MB/s", "read µs", "read MB/s", "B a read"];
        var rows = from sort in sorts
                   from compression in Compressions
                   select Measure(sort.Name, sort.Chunks, compression);
        FigureTable.PrintRows(Console.Out, heads, [.. rows]);
    }

    private string[] Measure(string name, byte[][] chunks, Compression compression)
    {
        var meanBytes = chunks.Average(static chunk => (double)chunk.Length);
        chunks = chunks[..(int)Math.Clamp(BytesPerRound / meanBytes, 1, chunks.Length)];
        var rawBytes = chunks.Sum(static chunk => (double)chunk.Length);
        EncodedChunk[] encoded = [.. chunks.Select(chunk => Encode(chunk, compression))];
        var encode = Time(() => Array.ForEach(chunks, chunk => Encode(chunk, compression)));

        var file = MemorySegment.Of(encoded);
        var destination = new byte[chunks.Max(static chunk => chunk.Length)];
        var read = Time(() => ReadAll(file, destination));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        ReadAll(file, destination);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var storedShare = 100 * encoded.Sum(static chunk => (double)chunk.Stored.Length) / rawBytes;
        return
        [
            name, $"{meanBytes:N0}", compression.Name, Number(storedShare), Number(rawBytes / encode * 1e3), Number(read / chunks.Length / 1e3),
            Number(rawBytes / read * 1e3), $"{allocated / chunks.Length:N0}",
        ];
    }

    private static EncodedChunk Encode(byte[] raw, Compression compression) => compression.Compress(raw) is { } stored
        ? new(stored, compression.Method, raw.Length, Crc32C.Compute(stored))
        : new(raw, CompressionMethod.Stored, raw.Length, Crc32C.Compute(raw));

    private static void ReadAll(SegmentFile file, byte[] destination)
    {
        var section = file.Sections[0];
        for (var i = 0; i < section.ChunkCount; i++)
        {
            var chunk = file.Chunk(section, i);
            file.Read(chunk, destination.AsSpan(0, chunk.RawBytes));
        }
    }

    // The median, once the compiler is done: a collection in one round is not the cost of all.
    private double Time(Action work)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Warming;)
        {
            work();
        }

        var nanoseconds = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            var start = ThreadClock.Nanoseconds();
            work();
            nanoseconds[round] = ThreadClock.Nanoseconds() - start;
        }

        return Samples.Median(nanoseconds);
    }

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);
}
