using Cairn.Indexes;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// Commits remembered together and forgotten together: records in the order of the log, found by key. One thread while it is open; closed, it
/// does not change any more, and any number may read.
/// </summary>
/// <param name="hash">Spreads the keys, which callers and clocks have a part in.</param>
/// <param name="given">The commits' ids were given by their callers.</param>
internal sealed class OutcomeRun(KeyedHash hash, bool given)
{
    private const int FirstBufferBytes = 256;
    private readonly HashIndex _index = new();
    private readonly List<OutcomeChunk> _chunks = [];
    private Dictionary<UInt128, int>? _repeated;
    private byte[] _buffer = new byte[FirstBufferBytes];
    private long _chunkBytes;

    /// <summary>Nothing is added any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Records.</summary>
    public long Count { get; private set; }

    /// <summary>Distinct ids.</summary>
    public long Ids { get; private set; }

    /// <summary>The records, in the order of the log; no chunk is empty.</summary>
    public IReadOnlyList<OutcomeChunk> Chunks => _chunks;

    /// <summary>Position of the last record.</summary>
    public LogPosition Last => _chunks[^1].Last;

    /// <summary>Log clock of the first record.</summary>
    public Timestamp FirstTime => _chunks[0].FirstTime;

    /// <summary>Log clock of the last record.</summary>
    public Timestamp LastTime => _chunks[^1].LastTime;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _chunkBytes + _index.Bytes + _buffer.Length;

    /// <summary>Ends it.</summary>
    public void Close()
    {
        IsClosed = true;
        _buffer = [];
    }

    /// <summary>Adds a commit behind the last one.</summary>
    public void Add(UInt128 key, in RememberedCommit commit)
    {
        Invariant.Require(!IsClosed && (_chunks.Count == 0 || commit.Outcome.Position > Last), "outcomes are kept in the order of the log");
        var chunk = Append(key, commit);
        var entry = ((_chunks.Count - 1) * OutcomeChunk.MaxRecords) + chunk.Count - 1;
        Count++;
        var hashed = Hash(key);
        var matcher = new Matcher(this, key);
        if (_index.Find(hashed, ref matcher) >= 0)
        {
            // An id that was forgotten comes anew: the later commit counts.
            (_repeated ??= [])[key] = entry;
            return;
        }

        _index.Add(hashed, entry);
        Ids++;
    }

    /// <summary>Finds a commit; the last one of that id.</summary>
    public RememberedCommit? Find(UInt128 key)
    {
        var entry = -1;
        if (_repeated?.TryGetValue(key, out entry) is not true)
        {
            var matcher = new Matcher(this, key);
            entry = _index.Find(Hash(key), ref matcher);
        }

        return entry < 0 ? null : _chunks[entry / OutcomeChunk.MaxRecords][entry % OutcomeChunk.MaxRecords].Decode();
    }

    private ulong Hash(UInt128 key) => hash.Of((ulong)(key >> 64), (ulong)key);

    private OutcomeChunk Append(UInt128 key, in RememberedCommit commit)
    {
        var (position, time) = (commit.Outcome.Position, commit.Time);
        var most = OutcomeRecord.MaxBytes(commit.Outcome.Results.Count);
        if (_buffer.Length < most)
        {
            _buffer = new byte[most];
        }

        var chunk = _chunks.Count > 0 ? _chunks[^1] : Begin(position, time);
        var before = chunk.AllocatedBytes;
        if (!chunk.TryAdd(Encode(commit, chunk), key, position, time))
        {
            (chunk, before) = (Begin(position, time), 0);
            chunk.TryAdd(Encode(commit, chunk), key, position, time);
        }

        _chunkBytes += chunk.AllocatedBytes - before;
        return chunk;
    }

    private OutcomeChunk Begin(LogPosition position, Timestamp time)
    {
        Invariant.Require(_chunks.Count < int.MaxValue / OutcomeChunk.MaxRecords, "a run holds fewer commits than entries have numbers");
        var chunk = new OutcomeChunk(position, time);
        _chunks.Add(chunk);
        return chunk;
    }

    private ReadOnlySpan<byte> Encode(in RememberedCommit commit, OutcomeChunk chunk) =>
        _buffer.AsSpan(0, OutcomeRecord.Write(_buffer, commit, given, chunk.First, chunk.FirstTime));

    private readonly struct Matcher(OutcomeRun run, UInt128 key) : IEntryMatcher
    {
        public bool Matches(int entry) => run._chunks[entry / OutcomeChunk.MaxRecords].Key(entry % OutcomeChunk.MaxRecords) == key;
    }
}
