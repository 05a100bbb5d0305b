using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Requests;

/// <summary>One precondition: a target, and exactly one of ifVersion, ifAbsent, ifExists.</summary>
internal static class PreconditionReading
{
    public static void Write(JsonNode node, CommitWriter writer)
    {
        JsonNode? id = null;
        (Condition Condition, LogPosition Version)? condition = null;
        var names = default(AssociationNames);
        foreach (var member in node.RequireObject().Members)
        {
            if (member.Is("id"u8))
            {
                id = member.Value;
            }
            else if (!names.TryTake(member))
            {
                condition = condition is null ? ConditionOf(member) : throw node.Refuse("takes one of ifVersion, ifAbsent, ifExists");
            }
        }

        var (kind, version) = condition ?? throw node.Refuse("one of ifVersion, ifAbsent, ifExists is missing");
        if (id is not null == names.Any)
        {
            throw node.Refuse("names either an id or an association's source, type and target");
        }

        node.Mark();
        if (id is { } given)
        {
            writer.RequireConcept(given.RequireText(), kind, version);
        }
        else
        {
            writer.RequireAssociation(names.Require(node), kind, version);
        }
    }

    private static (Condition Condition, LogPosition Version) ConditionOf(JsonMember member)
    {
        if (member.Is("ifVersion"u8))
        {
            return (Condition.Version, new(member.Value.RequireInteger(0, LogPosition.Max.Value)));
        }

        var condition = member.Is("ifAbsent"u8) ? Condition.Absent : member.Is("ifExists"u8) ? Condition.Exists : throw member.Unknown();
        return member.Value.RequireBool() ? (condition, default) : throw member.Value.Refuse("must be true");
    }
}
