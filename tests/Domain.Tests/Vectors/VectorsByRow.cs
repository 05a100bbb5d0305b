using System.Runtime.InteropServices;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>Vectors by row, as the concepts of one snapshot have them.</summary>
internal sealed class VectorsByRow(IReadOnlyDictionary<int, float[]> vectors) : IVectorSource
{
    public IReadOnlyDictionary<int, float[]> Vectors => vectors;

    public ReadOnlySpan<byte> Read(int row) => vectors.TryGetValue(row, out var vector) ? MemoryMarshal.AsBytes(vector.AsSpan()) : default;
}
