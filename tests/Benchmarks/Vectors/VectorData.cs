using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Cairn.Benchmarks.Workload;
using Cairn.Indexes;
using Cairn.Query.Search;
using Cairn.Vectors;

namespace Cairn.Benchmarks.Vectors;

/// <summary>
/// Unit vectors of 384 components as embeddings lie: each between two of 200 centres, with noise; every row has one of eight labels, some frequent, some rare.
/// The same for the same number of vectors.
/// </summary>
internal sealed class VectorData : IVectorSource
{
    /// <summary>Components of each vector.</summary>
    public const int Dimensions = 384;

    private const int Centres = 200;
    private const double Noise = 0.6;

    // As an arena has them: no large objects.
    private const int VectorsPerChunk = 80 * 1024 / (Dimensions * sizeof(float));

    // Of the eight labels, as shares of all rows.
    private static readonly double[] LabelShares = [.28, .20, .15, .12, .10, .08, .05, .02];
    private readonly float[][] _centres;
    private readonly byte[][] _chunks;
    private readonly byte[] _labels;

    public VectorData(int count, int queries)
    {
        var random = new SeededRandom(42);
        _centres = [.. Enumerable.Range(0, Centres).Select(_ => Centre(random))];
        _chunks = [.. Enumerable.Range(0, (count + VectorsPerChunk - 1) / VectorsPerChunk).Select(static _ => new byte[VectorsPerChunk * Dimensions * sizeof(float)])];
        _labels = new byte[count];
        for (var row = 0; row < count; row++)
        {
            Draw(random, MemoryMarshal.Cast<byte, float>(Bytes(row)));
            _labels[row] = Label(random.Unit());
            Ids.FindOrAdd(Encoding.UTF8.GetBytes(row.ToString("c0000000", CultureInfo.InvariantCulture)));
        }

        Queries = new float[queries][];
        for (var i = 0; i < queries; i++)
        {
            Draw(random, Queries[i] = new float[Dimensions]);
        }
    }

    /// <summary>Vectors.</summary>
    public int Count => _labels.Length;

    /// <summary>What is searched for: drawn as the vectors are, and none of them.</summary>
    public float[][] Queries { get; }

    /// <summary>An id for each row.</summary>
    public KeyTable Ids { get; } = new(new(42));

    /// <summary>Labels that rows have one of.</summary>
    public static int Labels => LabelShares.Length;

    /// <summary>The rows with a label.</summary>
    public int[] RowsWith(int label) => [.. Enumerable.Range(0, Count).Where(row => _labels[row] == label)];

    /// <summary>The rows with a label, as a filter.</summary>
    public LabelFilter With(int label) => new(_labels, (byte)label);

    public ReadOnlySpan<byte> Read(int row) => Bytes(row);

    /// <summary>The vector of a row.</summary>
    public ReadOnlySpan<float> Vector(int row) => MemoryMarshal.Cast<byte, float>(Bytes(row));

    private Span<byte> Bytes(int row) => _chunks[row / VectorsPerChunk].AsSpan(row % VectorsPerChunk * Dimensions * sizeof(float), Dimensions * sizeof(float));

    private static float[] Centre(SeededRandom random)
    {
        var centre = new float[Dimensions];
        for (var i = 0; i < centre.Length; i++)
        {
            centre[i] = (float)random.Normal();
        }

        return Unit(centre);
    }

    private void Draw(SeededRandom random, Span<float> vector)
    {
        var (one, other, weight) = (_centres[random.Below(Centres)], _centres[random.Below(Centres)], 0.6 + (0.4 * random.Unit()));
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)((weight * one[i]) + ((1 - weight) * other[i]) + (random.Normal() * Noise / Math.Sqrt(Dimensions)));
        }

        System.Numerics.Tensors.TensorPrimitives.Divide(vector, System.Numerics.Tensors.TensorPrimitives.Norm<float>(vector), vector);
    }

    private static float[] Unit(float[] vector)
    {
        System.Numerics.Tensors.TensorPrimitives.Divide(vector, System.Numerics.Tensors.TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }

    private static byte Label(double share)
    {
        byte label = 0;
        for (; label < LabelShares.Length - 1 && share >= LabelShares[label]; label++)
        {
            share -= LabelShares[label];
        }

        return label;
    }

    /// <summary>Accepts the rows with one label.</summary>
    internal readonly struct LabelFilter(byte[] labels, byte label) : IRowFilter
    {
        public bool Accepts(int row) => labels[row] == label;
    }
}
