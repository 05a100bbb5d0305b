using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>Nothing but int8 is kept of the built-in model's vectors.</summary>
internal readonly struct NoOriginals : IVectorSource
{
    public ReadOnlySpan<byte> Read(int row) => default;
}
