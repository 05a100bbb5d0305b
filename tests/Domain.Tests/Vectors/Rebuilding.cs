using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>Rebuilds an index while nobody writes.</summary>
internal static class Rebuilding
{
    public static void Run(VectorIndex index)
    {
        var rebuild = index.BeginRebuild();
        while (rebuild.Step())
        {
        }

        Assert.True(index.TryAdopt(rebuild));
    }
}
