using System.Buffers.Binary;
using Cairn.Functions.Problems;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Tokens;

/// <summary>"Show me at least this": a position in one life of one space, and perhaps a commit on its way through the hub, which has no position yet.</summary>
/// <param name="Position">What must be visible.</param>
/// <param name="CommitId">The id of a commit that must be too; null: none.</param>
internal readonly record struct CommitToken(LogPosition Position, byte[]? CommitId)
{
    public const string Header = "Cairn-Token";

    public static string Of(SpaceName space, Incarnation incarnation, LogPosition position, ReadOnlySpan<byte> commitId = default)
    {
        Span<byte> payload = stackalloc byte[sizeof(long) + Limits.CommitIdLength];
        BinaryPrimitives.WriteInt64LittleEndian(payload, position.Value);
        commitId.CopyTo(payload[sizeof(long)..]);
        return OpaqueText.Write(OpaqueText.Kind.Token, space, incarnation, payload[..(sizeof(long) + commitId.Length)]);
    }

    /// <exception cref="ProblemException">wrong-token, saying in what way.</exception>
    public static CommitToken Read(string text, SpaceName space, Incarnation incarnation)
    {
        var fault = OpaqueText.TryRead(text, OpaqueText.Kind.Token, space, incarnation, out var payload);
        var isOne = fault == OpaqueText.Fault.None && payload.Length is >= sizeof(long) and <= sizeof(long) + Limits.CommitIdLength;
        var position = isOne ? BinaryPrimitives.ReadInt64LittleEndian(payload) : -1;
        return position >= 0 && position <= LogPosition.Max.Value
            ? new(new(position), payload.Length > sizeof(long) ? payload[sizeof(long)..].ToArray() : null)
            : throw ProblemException.Parameter("after", OpaqueText.Explain(fault, OpaqueText.Kind.Token), ProblemKinds.WrongToken);
    }
}
