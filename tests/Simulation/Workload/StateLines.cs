namespace Cairn.Simulation.Workload;

/// <summary>States as lines of text.</summary>
internal static class StateLines
{
    /// <summary>Names the first line in which two states differ.</summary>
    public static void RequireEqual(IReadOnlyList<string> expected, IReadOnlyList<string> actual, string what)
    {
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            var (one, other) = (i < expected.Count ? expected[i] : "(none)", i < actual.Count ? actual[i] : "(none)");
            if (one != other)
            {
                throw new SimulationException($"{what}: line {i} differs\n  expected {one}\n  actual   {other}");
            }
        }
    }
}
