using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Model;
using Cairn.Query;

namespace Cairn.Functions.Requests;

/// <summary>The body of …/update: which concepts, and what becomes of them.</summary>
internal sealed class UpdateRequest
{
    /// <summary>Concepts at most: each is an operation of one commit.</summary>
    public const int MaxConcepts = Limits.Operations;

    private JsonNode? _patch;
    private bool _deletes;

    private UpdateRequest()
    {
    }

    /// <summary>They have it; null: or not.</summary>
    public string? Label { get; private set; }

    /// <summary>It is true of them; null: anything is.</summary>
    public WhereClause? Where { get; private set; }

    /// <summary>The first ones by id, that many; null: all, if they are not too many.</summary>
    public int? Limit { get; private set; }

    /// <summary>Nothing is changed: the answer says what would be.</summary>
    public bool IsDryRun { get; private set; }

    public static UpdateRequest Read(JsonNode body)
    {
        var request = new UpdateRequest();
        foreach (var member in body.RequireObject().Members)
        {
            request.Take(member);
        }

        if (request is { Label: null, Where: null })
        {
            throw body.Refuse("label or where is missing; to change every concept, say \"where\":\"TRUE\"");
        }

        return request._deletes == (request._patch is not null) ? throw body.Refuse("give either patch or \"delete\":true") : request;
    }

    /// <summary>Whether it can have had this effect on a concept.</summary>
    public bool CanHave(Effect effect) => _patch is null ? effect == Effect.Deleted : effect is Effect.Updated or Effect.Unchanged;

    /// <summary>Writes what becomes of one concept.</summary>
    public void Write(ReadOnlySpan<byte> id, CommitWriter writer, FieldRules rules)
    {
        if (_patch is { } patch)
        {
            PatchReading.Write(id, patch, writer, rules);
        }
        else
        {
            writer.Delete(id, OnMissing.Fail);
        }
    }

    private void Take(JsonMember member)
    {
        var value = member.Value;
        if (member.Is("label"u8))
        {
            Label = LabelReading.Require(value);
        }
        else if (member.Is("where"u8))
        {
            value.RequireText();
            Where = WhereClause.Parse(value.ToString(), value.Pointer);
        }
        else if (member.Is("patch"u8))
        {
            _patch = PatchOf(value);
        }
        else if (member.Is("delete"u8))
        {
            _deletes = value.RequireBool();
        }
        else if (member.Is("limit"u8))
        {
            Limit = (int)value.RequireInteger(1, MaxConcepts);
        }
        else if (member.Is("dryRun"u8))
        {
            IsDryRun = value.RequireBool();
        }
        else
        {
            throw member.Unknown();
        }
    }

    // Which concepts it is for, and that they exist, is not the patch's to say here.
    private static JsonNode PatchOf(JsonNode patch)
    {
        foreach (var member in patch.RequireObject().Members)
        {
            if (member.Is("id"u8) || member.Is("onMissing"u8))
            {
                throw member.Unknown();
            }
        }

        return patch;
    }
}
