using Cairn.Formats.Segments;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>Chunks of files of outcomes that were read lately. Thread-safe. Invariant: at most <see cref="MaxChunks"/> of them.</summary>
internal sealed class OutcomeCache
{
    /// <summary>Chunks that it keeps: 2 to 3 MiB.</summary>
    public const int MaxChunks = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<(OutcomeFile File, SectionId Section, uint Number), LinkedListNode<Chunk>> _chunks = [];
    private readonly LinkedList<Chunk> _byUse = new();
    private long _bytes;

    private readonly record struct Chunk((OutcomeFile File, SectionId Section, uint Number) Name, byte[] Bytes);

    /// <summary>Bytes of memory.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>A chunk, if it is here.</summary>
    public byte[]? Find(OutcomeFile file, SectionId section, uint number)
    {
        lock (_gate)
        {
            if (!_chunks.TryGetValue((file, section, number), out var node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Bytes;
        }
    }

    /// <summary>Keeps a chunk that was read, in place of the one that was used the longest ago.</summary>
    public void Add(OutcomeFile file, SectionId section, uint number, byte[] bytes)
    {
        lock (_gate)
        {
            var name = (file, section, number);
            if (_chunks.ContainsKey(name))
            {
                return;
            }

            if (_chunks.Count == MaxChunks)
            {
                Remove(_byUse.Last!);
            }

            _chunks.Add(name, _byUse.AddFirst(new Chunk(name, bytes)));
            _bytes += bytes.Length;
        }
    }

    /// <summary>Lets the chunks of a file go.</summary>
    public void Forget(OutcomeFile file)
    {
        lock (_gate)
        {
            for (var node = _byUse.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Name.File == file)
                {
                    Remove(node);
                }

                node = next;
            }
        }
    }

    private void Remove(LinkedListNode<Chunk> node)
    {
        _byUse.Remove(node);
        _chunks.Remove(node.Value.Name);
        _bytes -= node.Value.Bytes.Length;
    }
}
