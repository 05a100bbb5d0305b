using Cairn.Formats.Segments;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>The sections of a file of outcomes and the sizes in them. docs/formats/outcomes.md has the layout.</summary>
internal static class OutcomeSections
{
    public static readonly SectionId Range = new(SectionKind.OutcomeRange);
    public static readonly SectionId Records = new(SectionKind.Outcomes);
    public static readonly SectionId Positions = new(SectionKind.OutcomePositions);
    public static readonly SectionId Filter = new(SectionKind.CommitIdFilter);

    /// <summary>A key and its commit's position.</summary>
    public const int IdBytes = CommitKey.LengthBytes + sizeof(long);

    /// <summary>Ids of one chunk.</summary>
    public const int IdsPerChunk = 2048;

    /// <summary>Bytes of the longest chunk of records: a commit may have 10,000 results that are all unlike.</summary>
    public const int MaxRecordBytes = 256 * 1024;

    /// <summary>Ids of commits by kind.</summary>
    public static SectionId Ids(bool given) => new(SectionKind.CommitIds, given ? 1u : 0);

    /// <summary>First ids of the chunks of <see cref="Ids"/>, and the last one.</summary>
    public static SectionId Fences(bool given) => new(SectionKind.CommitIdFences, given ? 1u : 0);

    /// <summary>The kinds of sections that this version knows.</summary>
    public static bool IsKnown(ushort kind) =>
        kind is SectionKind.OutcomeRange or SectionKind.Outcomes or SectionKind.OutcomePositions or SectionKind.CommitIds
            or SectionKind.CommitIdFences or SectionKind.CommitIdFilter;
}
