using System.Buffers.Binary;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Tokens;

/// <summary>Where a change stream goes on: a position in one life of one space, told apart from the cursors of lists.</summary>
internal static class ChangeCursor
{
    private static readonly uint Query = ListCursor.QueryOf("changes");

    public static string Of(SpaceName space, Incarnation incarnation, LogPosition position)
    {
        Span<byte> place = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(place, position.Value);
        return ListCursor.Write(space, incarnation, Query, place);
    }

    /// <exception cref="ProblemException">wrong-cursor, saying in what way.</exception>
    public static LogPosition Read(string text, SpaceName space, Incarnation incarnation, string parameter)
    {
        var place = ListCursor.Read(text, space, incarnation, Query, parameter);
        var position = place.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(place) : -1;
        return position >= 0 && position <= LogPosition.Max.Value
            ? new(position)
            : throw ProblemException.Parameter(parameter, OpaqueText.Explain(OpaqueText.Fault.Malformed, OpaqueText.Kind.Cursor), ProblemKinds.WrongCursor);
    }
}
