using System.Collections.Concurrent;
using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>The chunks of a checkpoint, in memory; of those with one name the last one counts. Notes what is added and loaded.</summary>
internal sealed class VectorChunksInMemory : IChunkSections, IChunkOutput
{
    private readonly ConcurrentDictionary<(SectionId Section, int Number), byte[]> _chunks = new();

    public List<(SectionId Section, int Number)> Added { get; } = [];

    public ConcurrentQueue<(SectionId Section, int Number)> Loaded { get; } = new();

    /// <summary>Whether chunks cannot be read now.</summary>
    public bool IsUnavailable { get; set; }

    public byte[] this[SectionId section, int number]
    {
        get => _chunks[(section, number)];
        set => _chunks[(section, number)] = value;
    }

    public ValueTask AddAsync(SectionId section, int number, byte[] raw, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Added.Add((section, number));
        this[section, number] = raw;
        return default;
    }

    public IChunkSource<T> Chunks<T>(SectionId section, int length, Func<byte[], T> decode)
        where T : class => new Source<T>(this, section, length, decode);

    public int AddedOf(ushort kind) => Added.Count(chunk => chunk.Section.Kind == kind);

    public int LoadedOf(ushort kind) => Loaded.Count(chunk => chunk.Section.Kind == kind);

    /// <summary>What a later checkpoint begins with: the same chunks, none of them noted.</summary>
    public VectorChunksInMemory Clone()
    {
        var clone = new VectorChunksInMemory();
        foreach (var ((section, number), raw) in _chunks)
        {
            clone[section, number] = [.. raw];
        }

        return clone;
    }

    private sealed class Source<T>(VectorChunksInMemory memory, SectionId section, int length, Func<byte[], T> decode) : IChunkSource<T>
        where T : class
    {
        public int Length => length;

        public T Load(int number)
        {
            Assert.InRange(number, 0, length - 1);
            if (memory.IsUnavailable)
            {
                throw new CairnException(ErrorKind.Unavailable, "not now");
            }

            memory.Loaded.Enqueue((section, number));
            return memory._chunks.TryGetValue((section, number), out var raw) ? decode([.. raw]) : throw new CairnException(ErrorKind.Corrupt, "a chunk is missing");
        }
    }
}
