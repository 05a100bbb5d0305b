using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>The members of an operation that only names its target: delete, reinforce, dissociate, reinforceAssociation.</summary>
internal readonly ref struct TargetMembers
{
    [Flags]
    public enum Shape
    {
        Concept = 1,
        Association = 2,
        Amount = 4,
    }

    public TargetMembers(JsonNode operation, Shape shape)
    {
        JsonNode? id = null, amount = null;
        foreach (var member in operation.Members)
        {
            if (member.Is("onMissing"u8))
            {
                OnMissing = PolicyReading.OnMissing(member.Value);
            }
            else if (shape.HasFlag(Shape.Concept) && member.Is("id"u8))
            {
                id = member.Value;
            }
            else if (shape.HasFlag(Shape.Amount) && member.Is("amount"u8))
            {
                amount = member.Value;
            }
            else if (!(shape.HasFlag(Shape.Association) && Names.TryTake(member)) && !member.Is("op"u8))
            {
                throw member.Unknown();
            }
        }

        if (shape.HasFlag(Shape.Concept))
        {
            Id = (id ?? throw operation.Refuse("id is missing")).RequireText();
        }

        if (shape.HasFlag(Shape.Amount))
        {
            Amount = (float)(amount ?? throw operation.Refuse("amount is missing")).RequireNumber();
        }

        operation.Mark();
    }

    public ReadOnlySpan<byte> Id { get; }

    public float Amount { get; }

    public OnMissing OnMissing { get; }

    // A field and not a property: TryTake fills it in place.
    public readonly AssociationNames Names;
}
