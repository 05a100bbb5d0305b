using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Storage.Lookups;

/// <summary>How far the lookups index of one life was brought, and by whom. Immutable.</summary>
public sealed record LookupsWatermark
{
    /// <summary>Every change up to here is in the index, and perhaps later ones. Zero: not all of the space is in it yet.</summary>
    public LogPosition Position { get; init; }

    /// <summary>The log clock there, or later.</summary>
    public Timestamp LogClock { get; init; }

    /// <summary>The settings of the space there, or later.</summary>
    public SpaceSettings Settings { get; init; } = SpaceSettings.Default;

    /// <summary>When who brought it here saw nothing behind it, by the wall clock.</summary>
    public Timestamp CurrentAt { get; init; }

    /// <summary>Who writes it.</summary>
    public WriterId Writer { get; init; }

    /// <summary>When it was written, by the wall clock.</summary>
    public Timestamp WrittenAt { get; init; }

    /// <summary>All of the space is being written; null: changes are followed.</summary>
    public LookupsRebuild? Rebuild { get; init; }

    /// <summary>The life has ended.</summary>
    public bool IsDropped { get; init; }

    /// <summary>Which writing of the watermark this is, for <see cref="ILookupsIndex.TryAdvanceAsync"/>: null: none is stored yet.</summary>
    public VersionTag? Tag { get; init; }
}

/// <summary>How far the writing of a whole space has got.</summary>
/// <param name="Base">Everything that was written is as it was here, or later: the watermark when it is done.</param>
/// <param name="After">The id up to which it was written; empty: nothing yet.</param>
/// <param name="BeganAt">When that was the newest position, by the wall clock.</param>
public sealed record LookupsRebuild(LogPosition Base, ReadOnlyMemory<byte> After, Timestamp BeganAt);
