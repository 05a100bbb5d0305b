namespace Cairn.Vectors;

/// <summary>
/// Sketches of the vectors of one block: roughly where each points, in two bits a component, to look at all of them in a quarter of the time that their codes take. One writer;
/// any thread reads the slots of its version.
/// </summary>
/// <remarks>
/// A component counts as none, small or great beside the mean of those that are not 0, and two that are neighbours share four bits: either both are at most small, 9 points, or
/// one is great, the first if both are, and the other counts as none: 4 points. Vectors of hashed words are such: half of their components are 0, a few of the others are some times as great as the rest.
/// Byte k of all slots lies together, so that one instruction looks up two components of many vectors (as Quick ADC does, André et al., 2017).
/// </remarks>
/// <param name="rowBytes">Bytes of a vector in int8.</param>
internal sealed class VectorSketches(int rowBytes)
{
    /// <summary>Components that share four bits.</summary>
    public const int PairLength = 2;

    /// <summary>Values of four bits; those from 13 on stand for nothing.</summary>
    public const int Points = 16;

    /// <summary>What a great component is beside a small one.</summary>
    public const int Great = 3;

    private const int PairsPerByte = 2;

    // Tenths of the mean.
    private const int SmallAbove = 3, GreatAbove = 16;
    private readonly byte[] _points = new byte[rowBytes / PairLength / PairsPerByte * VectorBlock.Slots];
    private readonly float[] _scales = new float[VectorBlock.Slots];

    // By the levels of both components, each from great and negative to great.
    private static ReadOnlySpan<byte> PointsOfLevels =>
    [
        10, 10, 10, 10, 10,
        12, 0, 1, 2, 11,
        12, 3, 4, 5, 11,
        12, 6, 7, 8, 11,
        9, 9, 9, 9, 9,
    ];

    /// <summary>Two points a byte, the first one in the low bits. Shape [row bytes / 4, 64].</summary>
    public ReadOnlySpan<byte> PointsOfSlots => _points;

    /// <summary>What one step of a sketch is worth. Shape [64].</summary>
    public ReadOnlySpan<float> Scales => _scales;

    /// <summary>Bytes of memory, about.</summary>
    public static int BytesOf(int rowBytes) => (((rowBytes / PairLength / PairsPerByte) + sizeof(float)) * VectorBlock.Slots) + 64;

    /// <summary>The first component of each point.</summary>
    public static ReadOnlySpan<sbyte> Firsts => [-1, -1, -1, 0, 0, 0, 1, 1, 1, Great, -Great, 0, 0];

    /// <summary>The second component of each point.</summary>
    public static ReadOnlySpan<sbyte> Seconds => [-1, 0, 1, -1, 0, 1, -1, 0, 1, 0, 0, Great, -Great];

    /// <summary>Writes the sketch of a vector. The writer only, or who makes all of them of a block that does not change.</summary>
    /// <param name="slot">Of the block.</param>
    /// <param name="codes">The vector. Shape [row bytes].</param>
    /// <param name="scale">What one step of it is worth.</param>
    public void Write(int slot, ReadOnlySpan<sbyte> codes, float scale)
    {
        var (sum, count, squares, product) = (0, 0, 0, 0);
        foreach (int code in codes)
        {
            sum += Math.Abs(code);
            squares += code * code;
            count += code == 0 ? 0 : 1;
        }

        // By code: 0 to 4, from great and negative to great. No branches: which way they go is random.
        Span<byte> levels = stackalloc byte[2 * (sbyte.MaxValue + 1)];
        var (small, great) = (Least(SmallAbove, sum, count), Least(GreatAbove, sum, count));
        for (var code = -sbyte.MaxValue; code <= sbyte.MaxValue; code++)
        {
            var size = Math.Abs(code);
            levels[(byte)code] = (byte)(2 + (Math.Sign(code) * ((size >= small ? 1 : 0) + (size >= great ? 1 : 0))));
        }

        for (var (i, at) = (0, slot); i < codes.Length; i += PairLength * PairsPerByte, at += VectorBlock.Slots)
        {
            var (low, high) = (PointOf(codes[i], codes[i + 1], levels), PointOf(codes[i + 2], codes[i + 3], levels));
            _points[at] = (byte)(low | (high << 4));
            product += (Firsts[low] * codes[i]) + (Seconds[low] * codes[i + 1]) + (Firsts[high] * codes[i + 2]) + (Seconds[high] * codes[i + 3]);
        }

        // So that of the sketch and the vector the dot product is that of the vector with itself.
        _scales[slot] = product == 0 ? 0 : (float)(scale * (double)squares / product);
    }

    // The least code above so many tenths of the mean.
    private static int Least(int tenths, int sum, int count) => count == 0 ? 1 : (tenths * sum / (10 * count)) + 1;

    private static int PointOf(sbyte first, sbyte second, ReadOnlySpan<byte> levels) => PointsOfLevels[(levels[(byte)first] * 5) + levels[(byte)second]];
}
