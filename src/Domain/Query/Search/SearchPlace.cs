using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Query.Search;

/// <summary>
/// A place in the list that a search gives. Most readers want the first few, so the list is made in two parts: of what each ranking finds first, and behind that, if
/// somebody comes so far, of what it finds later. A long page is made in one part.
/// </summary>
/// <param name="Part">Which part.</param>
/// <param name="Skipped">Hits of that part before it.</param>
internal readonly record struct SearchPlace(SearchPart Part, int Skipped)
{
    private const int Bytes = 3;

    public SearchPlace Skip(int count) => this with { Skipped = Skipped + count };

    public byte[] Encode()
    {
        var place = new byte[Bytes];
        place[0] = (byte)Part;
        BinaryPrimitives.WriteUInt16LittleEndian(place.AsSpan(1), (ushort)Skipped);
        return place;
    }

    /// <exception cref="CairnException">Invalid: <c>wrong-cursor</c>.</exception>
    public static SearchPlace Parse(ReadOnlySpan<byte> place) => place.Length == Bytes && place[0] <= (byte)SearchPart.All
        ? new((SearchPart)place[0], BinaryPrimitives.ReadUInt16LittleEndian(place[1..]))
        : throw new CairnException(ErrorKind.Invalid, "the cursor is not one of a search") { Problem = "wrong-cursor", Field = "cursor" };
}

/// <summary>A part of the list.</summary>
internal enum SearchPart : byte
{
    /// <summary>Of the first <see cref="SearchScan.FirstDepth"/> of each ranking.</summary>
    First,

    /// <summary>Of the first <see cref="SearchScan.WholeDepth"/>, without what was in the first part.</summary>
    Rest,

    /// <summary>Of the first <see cref="SearchScan.WholeDepth"/>.</summary>
    All,
}
