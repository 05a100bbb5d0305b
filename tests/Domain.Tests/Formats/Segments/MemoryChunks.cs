using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>The chunks of a checkpoint in memory, as one is written and read; it counts what is written and loaded. One writer; any thread may read what was written before.</summary>
internal sealed class MemoryChunks : IChunkSections, IChunkOutput
{
    private readonly Dictionary<(SectionId Section, int Number), byte[]> _chunks = [];
    private readonly List<(SectionId Section, int Number)> _written = [];
    private readonly Lock _gate = new();
    private readonly List<(SectionId Section, int Number)> _loaded = [];

    /// <summary>All chunks.</summary>
    public IReadOnlyDictionary<(SectionId Section, int Number), byte[]> All => _chunks;

    /// <summary>What was written, in order; not what an earlier checkpoint had.</summary>
    public IReadOnlyList<(SectionId Section, int Number)> Written => _written;

    /// <summary>What was loaded, in order, repeated loads too.</summary>
    public IReadOnlyList<(SectionId Section, int Number)> Loaded => _loaded;

    /// <summary>Called with each chunk that is written.</summary>
    public Action? OnWrite { get; set; }

    /// <summary>The bytes of a chunk.</summary>
    public byte[] this[SectionId section, int number]
    {
        get => _chunks[(section, number)];
        set => _chunks[(section, number)] = value;
    }

    /// <summary>The chunks to write the next checkpoint into, on top of those of this one that count; this one stays as it is for those who read it.</summary>
    public MemoryChunks Next(IEnumerable<(SectionId Section, int Chunks)> counted)
    {
        var next = new MemoryChunks();
        foreach (var (section, chunks) in counted)
        {
            for (var number = 0; number < chunks; number++)
            {
                next[section, number] = this[section, number];
            }
        }

        return next;
    }

    public ValueTask AddAsync(SectionId section, int number, byte[] raw, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Assert.InRange(raw.Length, 1, SegmentFormat.MaxChunkBytes);
        Assert.DoesNotContain((section, number), _written);
        _written.Add((section, number));
        _chunks[(section, number)] = raw;
        OnWrite?.Invoke();
        return default;
    }

    public IChunkSource<T> Chunks<T>(SectionId section, int length, Func<byte[], T> decode)
        where T : class => new Source<T>(this, section, length, decode);

    private byte[] Load(SectionId section, int number)
    {
        lock (_gate)
        {
            _loaded.Add((section, number));
        }

        return _chunks.TryGetValue((section, number), out var chunk) ? [.. chunk] : throw new CairnException(ErrorKind.Corrupt, $"there is no section {section}, chunk {number}");
    }

    private sealed class Source<T>(MemoryChunks chunks, SectionId section, int length, Func<byte[], T> decode) : IChunkSource<T>
        where T : class
    {
        public int Length => length;

        public T Load(int number)
        {
            Assert.InRange(number, 0, length - 1);
            return decode(chunks.Load(section, number));
        }
    }
}
