namespace Cairn.Functions.Streams;

/// <summary>What became of lines.</summary>
internal readonly record struct ImportCounts(long Lines, long Concepts, long Associations, long Skipped, long Rejected)
{
    public static ImportCounts operator +(ImportCounts a, ImportCounts b) => new(
        a.Lines + b.Lines, a.Concepts + b.Concepts, a.Associations + b.Associations, a.Skipped + b.Skipped, a.Rejected + b.Rejected);
}
