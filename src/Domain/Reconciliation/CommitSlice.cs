using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>What is kept of one commit.</summary>
/// <param name="Time">Log clock at the commit.</param>
/// <param name="Body">Digest of its preconditions and operations; zero where it is not compared.</param>
/// <param name="Outcome">How it was decided.</param>
internal readonly record struct RememberedCommit(Timestamp Time, UInt128 Body, CommitOutcome Outcome);

/// <summary>Commits remembered together and forgotten together. One thread at a time.</summary>
internal sealed class CommitSlice(KeyedHash hash, Timestamp first)
{
    private const int ReferencesPerPage = 1024;
    private const int HeaderBytes = 8 + 16 + 8 + 1 + 1 + 4 + 4;
    private readonly KeyTable _ids = new(hash);
    private readonly ArenaWriter _records = new();
    private readonly List<long[]> _references = [];
    private byte[] _buffer = new byte[HeaderBytes + 256];
    private byte[]? _scratch;

    /// <summary>Log clock of its first commit.</summary>
    public Timestamp First { get; } = first;

    /// <summary>Log clock of its last commit.</summary>
    public Timestamp Last { get; private set; } = first;

    /// <summary>Position of its first commit.</summary>
    public LogPosition FirstPosition { get; private set; }

    /// <summary>Commits in it.</summary>
    public int Count => _ids.Count;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _ids.Bytes + _records.AllocatedBytes + (_references.Count * ReferencesPerPage * (long)sizeof(long));

    /// <summary>Adds a commit that is not in it.</summary>
    public void Add(UInt128 id, in RememberedCommit commit)
    {
        Span<byte> key = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(key, id);
        var number = _ids.FindOrAdd(key);
        Invariant.Require(number >= 0, "a slice holds fewer commits than a table of keys");
        if (number == 0)
        {
            FirstPosition = commit.Outcome.Position;
        }

        if (number / ReferencesPerPage == _references.Count)
        {
            _references.Add(new long[ReferencesPerPage]);
        }

        _references[number / ReferencesPerPage][number % ReferencesPerPage] = _records.Append(Write(commit));
        Last = commit.Time;
    }

    /// <summary>Finds a commit.</summary>
    public RememberedCommit? Find(UInt128 id)
    {
        Span<byte> key = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(key, id);
        var number = _ids.Find(key);
        return number < 0 ? null : Read(_records.Read(_references[number / ReferencesPerPage][number % ReferencesPerPage], ref _scratch));
    }

    private ReadOnlySpan<byte> Write(in RememberedCommit commit)
    {
        var outcome = commit.Outcome;
        var most = HeaderBytes + ResultRuns.MaxBytes(outcome.Results.Count);
        if (_buffer.Length < most)
        {
            _buffer = new byte[most];
        }

        var bytes = _buffer.AsSpan();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, commit.Time.Microseconds);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[8..], commit.Body);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], outcome.Position.Value);
        bytes[32] = (byte)outcome.Kind;
        bytes[33] = (byte)outcome.Reason;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[34..], outcome.Kind == OutcomeKind.Committed ? outcome.Results.Count : outcome.Operation);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[38..], outcome.Precondition);
        return bytes[..(HeaderBytes + ResultRuns.Write(outcome.Results, outcome.Position, bytes[HeaderBytes..]))];
    }

    private static RememberedCommit Read(ReadOnlySpan<byte> bytes)
    {
        var position = new LogPosition(BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]));
        var kind = (OutcomeKind)bytes[32];
        var number = BinaryPrimitives.ReadInt32LittleEndian(bytes[34..]);
        var results = ResultRuns.Read(bytes[HeaderBytes..], position, kind == OutcomeKind.Committed ? number : 0);
        var outcome = new CommitOutcome
        {
            Kind = kind,
            Position = position,
            Reason = (RejectionReason)bytes[33],
            Operation = kind == OutcomeKind.Committed ? -1 : number,
            Precondition = BinaryPrimitives.ReadInt32LittleEndian(bytes[38..]),
            Results = results,
        };
        return new(new(BinaryPrimitives.ReadInt64LittleEndian(bytes)), BinaryPrimitives.ReadUInt128LittleEndian(bytes[8..]), outcome);
    }
}
