using Cairn.Formats.Segments;

namespace Cairn.Benchmarks.Segments;

/// <summary>A segment in memory: reading it costs a copy, as from the system's cache.</summary>
internal sealed class MemorySegment(byte[] bytes) : ISegmentSource
{
    public long LengthBytes => bytes.Length;

    public void Read(long offset, Span<byte> destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);

    /// <summary>Opens a segment that holds the chunks in one section, numbered from 0.</summary>
    public static SegmentFile Of(IEnumerable<EncodedChunk> chunks) => Write([chunks]).Open();

    /// <summary>Writes sections of chunks, numbered from 0.</summary>
    public static MemorySegment Write(IEnumerable<IEnumerable<EncodedChunk>> sections)
    {
        var file = new MemoryStream();
        var writer = new SegmentWriter(new(new(1), new(1), 1), (piece, _) =>
        {
            file.Write(piece.Span);
            return ValueTask.CompletedTask;
        });
        foreach (var (argument, chunks) in sections.Index())
        {
            foreach (var (number, chunk) in chunks.Index())
            {
                Completed(writer.AddAsync(new(SectionKind.ConceptRows, (uint)argument), true, (uint)number, chunk, CancellationToken.None));
            }
        }

        Completed(writer.FinishAsync(CancellationToken.None));
        return new(file.ToArray());
    }

    public SegmentFile Open() => SegmentFile.Open(this, "memory", static _ => true);

    // The sink never waits.
    private static void Completed(ValueTask call) => call.GetAwaiter().GetResult();

    private static void Completed(ValueTask<long> call) => call.GetAwaiter().GetResult();
}
