using System.Buffers.Binary;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Tokens;

/// <summary>"Show me at least this": a position in one life of one space.</summary>
internal static class CommitToken
{
    public const string Header = "Cairn-Token";

    public static string Of(SpaceName space, Incarnation incarnation, LogPosition position)
    {
        Span<byte> payload = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(payload, position.Value);
        return OpaqueText.Write(OpaqueText.Kind.Token, space, incarnation, payload);
    }

    /// <exception cref="ProblemException">wrong-token, saying in what way.</exception>
    public static LogPosition Read(string text, SpaceName space, Incarnation incarnation)
    {
        var fault = OpaqueText.TryRead(text, OpaqueText.Kind.Token, space, incarnation, out var payload);
        var position = fault == OpaqueText.Fault.None && payload.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(payload) : -1;
        return position >= 0 && position <= LogPosition.Max.Value
            ? new(position)
            : throw ProblemException.Parameter("after", OpaqueText.Explain(fault, OpaqueText.Kind.Token), ProblemKinds.WrongToken);
    }
}
