using Cairn.Functions.Streams;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Imports;

/// <summary>How far an import that runs by itself has come.</summary>
internal enum ImportState
{
    /// <summary>Nobody has begun.</summary>
    Queued,

    /// <summary>Somebody works on it, or did when he was cut off.</summary>
    Running,

    /// <summary>All lines were read.</summary>
    Done,

    /// <summary>It ended before, for a reason that another try would not mend.</summary>
    Failed,
}

/// <summary>A line that was not taken.</summary>
/// <param name="Line">Its number.</param>
/// <param name="Problem">Why, as JSON.</param>
internal readonly record struct RejectedLine(long Line, byte[] Problem);

/// <summary>An import that runs by itself: what it is, and how far it has come. Immutable; kept in the tables.</summary>
/// <remarks>
/// Invariants: each line up to <see cref="Line"/> is decided and counted, and none behind it is counted; a line's commit is named by <see cref="LineKey"/> and its
/// number and was first sent at <see cref="CreatedAt"/>, so that a line that comes again, in whatever process, is the same commit.
/// </remarks>
internal sealed record ImportJob
{
    public const int MaxListed = 100;

    /// <summary>What the problems of rejected lines may take together, so that the record stays within its limit.</summary>
    public const int MaxListedBytes = 20 * 1024;

    public required string Id { get; init; }

    /// <summary>The life of the space that it goes into: not into a later one of that name.</summary>
    public required Incarnation Incarnation { get; init; }

    /// <summary>The file's name.</summary>
    public required string File { get; init; }

    public required bool IsMemory { get; init; }

    public required OnExists OnExists { get; init; }

    /// <summary>What the ids of the lines' commits begin with.</summary>
    public required string LineKey { get; init; }

    public required Timestamp CreatedAt { get; init; }

    public required Timestamp UpdatedAt { get; init; }

    public ImportState State { get; init; }

    /// <summary>The last line that is decided.</summary>
    public long Line { get; init; }

    public ImportCounts Counts { get; init; }

    /// <summary>The first of them, as far as there is room.</summary>
    public IReadOnlyList<RejectedLine> Rejected { get; init; } = [];

    /// <summary>Covers all that was imported; zero: nothing was.</summary>
    public LogPosition Position { get; init; }

    /// <summary>Why it failed, as JSON.</summary>
    public byte[]? Problem { get; init; }

    /// <summary>Who works on it; null: nobody.</summary>
    public string? Holder { get; init; }

    /// <summary>Until then nobody else begins.</summary>
    public Timestamp HeldUntil { get; init; }

    public bool IsOver => State is ImportState.Done or ImportState.Failed;

    /// <summary>With further lines that were not taken, as many as there is room for.</summary>
    public IReadOnlyList<RejectedLine> With(IEnumerable<RejectedLine> more)
    {
        var all = Rejected.ToList();
        var bytes = all.Sum(static each => each.Problem.Length);
        foreach (var line in more)
        {
            bytes += line.Problem.Length;
            if (all.Count == MaxListed || bytes > MaxListedBytes)
            {
                break;
            }

            all.Add(line);
        }

        return all;
    }
}
