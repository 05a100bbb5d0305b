namespace Cairn.Domain.Tests.Vectors;

/// <summary>Vectors of a seed.</summary>
internal static class RandomVectors
{
    /// <summary>Each component normal, mean 0, deviation 1.</summary>
    public static float[] Normal(Random random, int dimensions) => [.. Enumerable.Range(0, dimensions).Select(_ => (float)Normal(random))];

    /// <summary>Half of the components 0, some of the others four times as great as the rest, as those of hashed words.</summary>
    public static float[] Sparse(Random random, int dimensions) =>
        [.. Enumerable.Range(0, dimensions).Select(_ => random.Next(2) == 0 ? 0 : (float)(Normal(random) * (random.Next(4) == 0 ? 4 : 1)))];

    /// <summary>About some centres, as embeddings lie about topics.</summary>
    public static float[] About(Random random, float[][] centres, double noise)
    {
        var centre = centres[random.Next(centres.Length)];
        return [.. centre.Select(component => (float)(component + (noise * Normal(random))))];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
