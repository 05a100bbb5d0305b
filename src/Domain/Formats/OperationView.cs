using Cairn.Model;

namespace Cairn.Formats;

/// <summary>One operation where it lies. Which members say something depends on <see cref="Kind"/>; the others are zero or empty.</summary>
public readonly ref struct OperationView
{
    private const int PolicyMask = 3;

    private readonly byte _policy;

    private OperationView(OperationKind kind, byte policy)
    {
        Kind = kind;
        _policy = policy;
    }

    /// <summary>What it does.</summary>
    public OperationKind Kind { get; }

    /// <summary>Put and associate: what to do when the target exists.</summary>
    public OnExists OnExists => IsPut(Kind) ? (OnExists)(_policy & PolicyMask) : default;

    /// <summary>The others: what to do when the target does not exist.</summary>
    public OnMissing OnMissing => IsPut(Kind) ? default : (OnMissing)(_policy & PolicyMask);

    /// <summary>Associate: what to do when an endpoint does not exist.</summary>
    public MissingEndpoints MissingEndpoints => (_policy & CommitWriter.ImplyBit) != 0 ? MissingEndpoints.Imply : MissingEndpoints.Fail;

    /// <summary>Put: the service derived the id from the commit.</summary>
    public bool IdDerived => (_policy & CommitWriter.DerivedBit) != 0;

    /// <summary>The target is <see cref="Association"/>, not <see cref="Id"/>.</summary>
    public bool IsAssociation => IsOnAssociation(Kind);

    /// <summary>The concept's id.</summary>
    public ReadOnlySpan<byte> Id { get; private init; }

    /// <summary>The association.</summary>
    public AssociationName Association { get; private init; }

    /// <summary>Reinforcements: 0 to 1.</summary>
    public float Amount { get; private init; }

    /// <summary>Put, patch and associate: what <see cref="FieldReader"/> reads.</summary>
    public ReadOnlySpan<byte> Fields { get; private init; }

    internal static OperationView Read(scoped ref ByteReader reader)
    {
        var kind = (OperationKind)reader.Byte();
        var policy = reader.Byte();
        RequireKnown(kind, policy);

        var onAssociation = IsOnAssociation(kind);
        return new(kind, policy)
        {
            Id = onAssociation ? default : ReadId(ref reader),
            Association = onAssociation ? AssociationName.Read(ref reader) : default,
            Amount = kind is OperationKind.Reinforce or OperationKind.ReinforceAssociation ? ReadAmount(ref reader) : 0,
            Fields = kind is OperationKind.Put or OperationKind.Patch or OperationKind.Associate ? reader.Long() : default,
        };
    }

    internal static ReadOnlySpan<byte> ReadId(scoped ref ByteReader reader)
    {
        var id = reader.Medium();
        return id.Length is > 0 and <= Limits.IdBytes ? id : throw Malformed.Because("an id has 1 to 512 bytes");
    }

    private static float ReadAmount(ref ByteReader reader)
    {
        var amount = reader.Single();
        return FieldPayload.IsShare(amount) ? amount : throw Malformed.Because("an amount lies outside 0 to 1");
    }

    private static void RequireKnown(OperationKind kind, byte policy)
    {
        if (kind is < OperationKind.Put or > OperationKind.ReinforceAssociation)
        {
            throw Malformed.Unsupported("operation", (int)kind, (int)OperationKind.ReinforceAssociation);
        }

        var most = kind == OperationKind.Patch ? (byte)OnMissing.Create : (byte)OnMissing.Skip;
        var extra = kind switch
        {
            OperationKind.Put => CommitWriter.DerivedBit,
            OperationKind.Associate => CommitWriter.ImplyBit,
            _ => 0,
        };
        if ((policy & ~(PolicyMask | extra)) != 0 || (!IsPut(kind) && (policy & PolicyMask) > most))
        {
            Malformed.Throw("no such policy");
        }
    }

    private static bool IsPut(OperationKind kind) => kind is OperationKind.Put or OperationKind.Associate;

    private static bool IsOnAssociation(OperationKind kind) =>
        kind is OperationKind.Associate or OperationKind.Dissociate or OperationKind.ReinforceAssociation;
}
