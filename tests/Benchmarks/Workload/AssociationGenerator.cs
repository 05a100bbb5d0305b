namespace Cairn.Benchmarks.Workload;

/// <summary>An association between two concepts by number; its type by number in <see cref="AssociationGenerator.Types"/>.</summary>
internal readonly record struct GeneratedAssociation(int Source, int Target, int Type, double Weight);

/// <summary>
/// Makes associations by preferential attachment (Barabási and Albert, Science 1999): each new concept points at three older ones, the
/// more probably the more associations they have, so that a few become hubs. The first n concepts' associations are the same in a larger graph.
/// </summary>
internal static class AssociationGenerator
{
    private const int PerConcept = 3;

    /// <summary>Types, UTF-8.</summary>
    public static readonly byte[][] Types =
        ["knows"u8.ToArray(), "mentions"u8.ToArray(), "causes"u8.ToArray(), "part_of"u8.ToArray(), "follows"u8.ToArray()];

    /// <summary>Associations of a graph of that many concepts: 299,991 of 100,000.</summary>
    public static int Count(int concepts) => (concepts - PerConcept) * PerConcept;

    /// <summary>The associations, by source. Keeps 24 bytes per concept while it runs.</summary>
    public static IEnumerable<GeneratedAssociation> Generate(int concepts, ulong seed)
    {
        var random = new SeededRandom(seed);
        var ends = new int[PerConcept + (2 * Count(concepts))];
        var used = PerConcept;
        for (var first = 0; first < PerConcept; first++)
        {
            ends[first] = first;
        }

        var picked = new int[PerConcept];
        for (var source = PerConcept; source < concepts; source++)
        {
            Pick(random, ends.AsSpan(0, used), picked);
            foreach (var target in picked)
            {
                (ends[used], ends[used + 1]) = (source, target);
                used += 2;
                yield return new(source, target, random.Below(Types.Length), Math.Round(random.Unit(), 4));
            }
        }
    }

    private static void Pick(SeededRandom random, ReadOnlySpan<int> ends, int[] picked)
    {
        for (var i = 0; i < picked.Length;)
        {
            var target = ends[random.Below(ends.Length)];
            if (!picked.AsSpan(0, i).Contains(target))
            {
                picked[i++] = target;
            }
        }

        Array.Sort(picked);
    }
}
