using System.Buffers.Binary;
using System.Security.Cryptography;
using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// Remembers commits by id: those whose caller gave the id for the idempotency window, the others while they are recent.
/// Thread-safe: the reconciler adds, requests ask.
/// Invariants: forgetting follows the log clock only, so that all replicas agree on what is a duplicate; what is older than the window
/// is forgotten for good, also if the window grows later.
/// </summary>
internal sealed class CommitMemory(KeyedHash hash)
{
    /// <summary>Commits without a caller's id are found again among this many at least.</summary>
    public const int RecentCommits = 8 * 1024;

    // Fewer are remembered if their results are many and unlike each other.
    private const long RecentBytes = 8 * 1024 * 1024;
    private const int RecentSlices = 8;
    private const int SlicesPerWindow = 8;
    private readonly Lock _gate = new();
    private readonly LinkedList<CommitSlice> _given = new();
    private readonly LinkedList<CommitSlice> _made = new();
    private LogPosition _madeSince;
    private long _count;

    /// <summary>Ids given by callers that are remembered.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Ids given by callers before this instant of the log clock are forgotten. Only the reconciler asks.</summary>
    public Timestamp ForgottenBefore { get; private set; } = Timestamp.Min;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _given.Concat(_made).Sum(slice => slice.Bytes);
            }
        }
    }

    /// <summary>Commits with ids made by the service are known from here on.</summary>
    public LogPosition KnownSince
    {
        get
        {
            lock (_gate)
            {
                return _madeSince;
            }
        }
    }

    /// <summary>The first 16 bytes of SHA-256: what ids and bodies are compared by.</summary>
    public static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    /// <summary>Moves the window to the log clock.</summary>
    public void Advance(Timestamp logClock, TimeSpan window)
    {
        var before = logClock.Plus(-window);
        if (before <= ForgottenBefore)
        {
            return;
        }

        lock (_gate)
        {
            ForgottenBefore = before;
            while (_given.First is { } oldest && oldest.Value.Last < before)
            {
                Volatile.Write(ref _count, _count - oldest.Value.Count);
                _given.RemoveFirst();
            }
        }
    }

    /// <summary>A commit whose id its caller gave, if it is remembered.</summary>
    public RememberedCommit? FindGiven(ReadOnlySpan<byte> commitId)
    {
        lock (_gate)
        {
            return Find(_given, Digest(commitId)) is { } found && found.Time >= ForgottenBefore ? found : null;
        }
    }

    /// <summary>Any commit that is remembered.</summary>
    public RememberedCommit? Find(ReadOnlySpan<byte> commitId) => FindGiven(commitId) ?? FindMade(commitId);

    /// <summary>Remembers a commit whose id its caller gave.</summary>
    public void AddGiven(ReadOnlySpan<byte> commitId, in RememberedCommit commit, TimeSpan window)
    {
        var id = Digest(commitId);
        lock (_gate)
        {
            if (_given.Last is not { } last || last.Value.First.Plus(window / SlicesPerWindow) < commit.Time)
            {
                last = _given.AddLast(new CommitSlice(hash, commit.Time));
            }

            // An id that was forgotten comes anew, perhaps in a slice that still has its old record.
            var before = last.Value.Count;
            last.Value.Add(id, commit);
            Volatile.Write(ref _count, _count + last.Value.Count - before);
        }
    }

    /// <summary>Remembers a commit whose id the service made.</summary>
    public void AddMade(ReadOnlySpan<byte> commitId, in RememberedCommit commit)
    {
        lock (_gate)
        {
            if (_made.Last is not { } last || last.Value.Count >= RecentCommits / RecentSlices || last.Value.Bytes >= RecentBytes / RecentSlices)
            {
                last = _made.AddLast(new CommitSlice(hash, commit.Time));
                if (_made.Count > RecentSlices + 1)
                {
                    _made.RemoveFirst();
                    _madeSince = _made.First!.Value.FirstPosition;
                }
            }

            last.Value.Add(MadeKey(commitId), commit);
        }
    }

    private RememberedCommit? FindMade(ReadOnlySpan<byte> commitId)
    {
        lock (_gate)
        {
            return Find(_made, MadeKey(commitId));
        }
    }

    // Only looked up in this process, so a keyed hash will do, which is much faster than SHA-256.
    private UInt128 MadeKey(ReadOnlySpan<byte> commitId)
    {
        var low = hash.Of(commitId);
        return new(hash.Of(low, (ulong)commitId.Length), low);
    }

    private static RememberedCommit? Find(LinkedList<CommitSlice> slices, UInt128 id)
    {
        for (var slice = slices.Last; slice is not null; slice = slice.Previous)
        {
            if (slice.Value.Find(id) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
