using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>The outcomes of a range of the log in a file, open for reading. Any number of threads.</summary>
/// <remarks>
/// In memory are the range, the places of the chunks, the fences of the ids and, while its commits lie in the idempotency window, the filter: some
/// 3 bytes a commit. Everything else is read when it is asked for, and kept for a while in the cache. It does not own the file below.
/// </remarks>
internal sealed class OutcomeFile
{
    private readonly SegmentFile _segment;
    private readonly OutcomeCache _cache;
    private readonly OutcomePlace[] _places;
    private readonly CommitIdTable? _given;
    private readonly CommitIdTable? _made;
    private volatile CommitIdFilter? _filter;

    private OutcomeFile(SegmentFile segment, OutcomeCache cache)
    {
        (_segment, _cache) = (segment, cache);
        Range = OutcomeRange.Read(Load(OutcomeSections.Range, 0, OutcomeRange.LengthBytes));
        _places = OutcomePlace.Read(Load(OutcomeSections.Positions, 0, SegmentFormat.MaxChunkBytes), Range);
        (_made, _given) = (Table(given: false), Table(given: true));
        if ((_given is null) != (Range.Given == 0) || (_made is null) != (Range.Given == Range.Commits))
        {
            throw Malformed.Because("a section of ids is missing, or there is one without commits");
        }
    }

    /// <summary>What it holds.</summary>
    public OutcomeRange Range { get; }

    /// <summary>Name of the file.</summary>
    public string Name => _segment.Name;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => (_places.Length * 24L) + (_given?.Bytes ?? 0) + (_made?.Bytes ?? 0) + (_filter?.Bytes ?? 0);

    /// <summary>Opens a file of outcomes.</summary>
    /// <param name="segment">Opened with <see cref="OutcomeSections.IsKnown"/>. Its source must live as long as anybody reads here.</param>
    /// <param name="cache">That of the memory that will hold it.</param>
    /// <exception cref="CairnException">Corrupt: it is no file of outcomes, damaged, or of a later version.</exception>
    public static OutcomeFile Open(SegmentFile segment, OutcomeCache cache) =>
        Checked(segment.Name, (segment, cache), static with => new OutcomeFile(with.segment, with.cache));

    /// <summary>False: no commit of this key is in it. Always true while the filter is not loaded, if callers gave ids at all. Reads nothing.</summary>
    public bool MayHoldGiven(UInt128 key) => _given is not null && _filter?.MayHold(key) is not false;

    /// <summary>Looks where the filter would have a key first; 0: no commit of it is in the file. Other than 0 while the filter is not loaded.</summary>
    public ushort FirstFingerprint(UInt128 key) => _given is null ? (ushort)0 : _filter?.First(key) ?? 1;

    /// <summary>Reads the filter, so that asking in vain costs no reading.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: it cannot be read.</exception>
    public void LoadFilter() => _filter ??= _given is null ? null : Checked(Name, this, static file => CommitIdFilter.Read(file.LoadFilterPages()));

    /// <summary>Lets the filter go.</summary>
    public void DropFilter() => _filter = null;

    /// <summary>Finds the last commit with an id that a caller gave.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a chunk cannot be read.</exception>
    public bool TryFindGiven(UInt128 key, out RememberedCommit commit) => TryFind(_given, given: true, key, out commit);

    /// <summary>Finds the last commit with an id that the service made.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a chunk cannot be read.</exception>
    public bool TryFindMade(UInt128 key, out RememberedCommit commit) => TryFind(_made, given: false, key, out commit);

    /// <summary>The commits behind a position, rejected ones too, in the order of the log; chunks are read as the enumeration goes on.</summary>
    /// <exception cref="CairnException">While it goes on: Corrupt, Unavailable: a chunk cannot be read.</exception>
    public IEnumerable<RememberedCommit> ReadAfter(LogPosition after)
    {
        for (var chunk = Math.Max(0, ChunkOf(after)); chunk < _places.Length; chunk++)
        {
            foreach (var commit in Decode(chunk, after))
            {
                yield return commit;
            }
        }
    }

    /// <summary>Where its chunks of records begin.</summary>
    public IReadOnlyList<OutcomePlace> Places => _places;

    /// <summary>The bytes of a chunk of records, for a walk over all of them: they are not kept.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: it cannot be read.</exception>
    public byte[] ReadRecords(int chunk) => Load(OutcomeSections.Records, (uint)chunk, OutcomeSections.MaxRecordBytes);

    /// <summary>All ids of one kind, for a walk over all of them: they are not kept.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: they cannot be read.</exception>
    public IEnumerable<CommitIdEntry> ReadIds(bool given)
    {
        var chunks = _segment.TryFind(OutcomeSections.Ids(given), out var section) ? section.ChunkCount : 0;
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var ids = Load(OutcomeSections.Ids(given), (uint)chunk, OutcomeSections.IdsPerChunk * OutcomeSections.IdBytes);
            for (var at = 0; at + OutcomeSections.IdBytes <= ids.Length; at += OutcomeSections.IdBytes)
            {
                yield return CommitIdEntry.Read(ids.AsSpan(at));
            }
        }
    }

    /// <summary>How to say that it makes no sense.</summary>
    public CairnException Damage(string what) => SegmentDamage.At(Name, 0, what);

    private bool TryFind(CommitIdTable? table, bool given, UInt128 key, out RememberedCommit commit)
    {
        commit = default;
        var chunk = table?.ChunkOf(key) ?? -1;
        if (chunk < 0)
        {
            return false;
        }

        var ids = LoadCached(OutcomeSections.Ids(given), (uint)chunk, OutcomeSections.IdsPerChunk * OutcomeSections.IdBytes);
        if (Checked(Name, (ids, key), static with => CommitIdTable.Find(with.ids, with.key)) is not { } position)
        {
            return false;
        }

        commit = At(position, given);
        return true;
    }

    private RememberedCommit At(LogPosition position, bool given)
    {
        var chunk = ChunkOf(position);
        if (chunk >= 0)
        {
            var found = Checked(Name, (File: this, chunk, position, given), static with => with.File.Find(with.chunk, with.position, with.given));
            if (found is { } commit)
            {
                return commit;
            }
        }

        throw Damage($"an id leads to {position}, where no commit of its kind ends");
    }

    private RememberedCommit? Find(int chunk, LogPosition position, bool given)
    {
        var reader = new ByteReader(LoadRecords(chunk));
        for (var i = 0; i < _places[chunk].Count; i++)
        {
            var record = OutcomeRecord.Read(ref reader, _places[chunk].Position, _places[chunk].Time);
            if (record.Position >= position)
            {
                return record.Position == position && record.IsGiven == given ? record.Decode() : null;
            }
        }

        return null;
    }

    private List<RememberedCommit> Decode(int chunk, LogPosition after) =>
        Checked(Name, (File: this, chunk, after), static with => with.File.DecodeChecked(with.chunk, with.after));

    private List<RememberedCommit> DecodeChecked(int chunk, LogPosition after)
    {
        var (place, commits) = (_places[chunk], new List<RememberedCommit>());
        var reader = new ByteReader(LoadRecords(chunk));
        var last = new LogPosition(place.Position.Value - 1);
        for (var i = 0; i < place.Count; i++)
        {
            var record = OutcomeRecord.Read(ref reader, place.Position, place.Time);
            if (record.Position <= last || record.Position > Range.End || record.Time > Range.LastTime)
            {
                throw Malformed.Because("outcomes are out of order");
            }

            last = record.Position;
            if (last > after)
            {
                commits.Add(record.Decode());
            }
        }

        return reader.Left == 0 ? commits : throw Malformed.Because("bytes stand behind the outcomes of a chunk");
    }

    // The last chunk that does not begin behind the position; −1: all do.
    private int ChunkOf(LogPosition position)
    {
        var (low, high) = (0, _places.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _places[middle].Position <= position ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    private CommitIdTable? Table(bool given) => _segment.TryFind(OutcomeSections.Ids(given), out var section)
        ? CommitIdTable.Read(Load(OutcomeSections.Fences(given), 0, SegmentFormat.MaxChunkBytes), section.ChunkCount)
        : null;

    private List<byte[]> LoadFilterPages()
    {
        var pages = new List<byte[]>();
        if (_segment.TryFind(OutcomeSections.Filter, out var section))
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                pages.Add(Load(OutcomeSections.Filter, (uint)i, CommitIdFilter.MaxSlots * sizeof(ushort)));
            }
        }

        return pages;
    }

    private byte[] LoadRecords(int chunk) => LoadCached(OutcomeSections.Records, (uint)chunk, OutcomeSections.MaxRecordBytes);

    private byte[] LoadCached(SectionId section, uint number, int mostBytes)
    {
        if (_cache.Find(this, section, number) is { } cached)
        {
            return cached;
        }

        var loaded = Load(section, number, mostBytes);
        _cache.Add(this, section, number, loaded);
        return loaded;
    }

    private byte[] Load(SectionId section, uint number, int mostBytes)
    {
        if (!_segment.TryFind(section, number, out var chunk) || chunk.RawBytes > mostBytes)
        {
            throw SegmentDamage.At(_segment.Name, 0, $"chunk {number} of section {section} is missing or too long");
        }

        return _segment.Read(chunk);
    }

    // What a decoder finds is said with the name of the file.
    private static TResult Checked<TInput, TResult>(string name, TInput input, Func<TInput, TResult> decode)
    {
        try
        {
            return decode(input);
        }
        catch (CairnException malformed) when (malformed.Kind == ErrorKind.Corrupt && !malformed.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw new CairnException(ErrorKind.Corrupt, $"{name}: {malformed.Message}", malformed);
        }
    }
}
