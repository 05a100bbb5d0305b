using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats;

/// <summary>Commits that several tests use.</summary>
internal static class Commits
{
    public static readonly Incarnation Incarnation = new(((UInt128)0x0123456789ABCDEF << 64) | 0xFEDCBA9876543210);

    public static readonly Timestamp Noon = At("2026-01-31T12:00:00Z");

    public static Timestamp At(string text) => Timestamp.TryParse(text, out var timestamp) ? timestamp : throw new FormatException(text);

    public static CommitWriter Begin(string id = "c1", bool given = true)
    {
        var writer = new CommitWriter(Incarnation);
        writer.Begin(System.Text.Encoding.UTF8.GetBytes(id), given, Noon);
        return writer;
    }

    /// <summary>A put with four attributes, as small as memories usually are.</summary>
    public static void PutAda(CommitWriter writer, ReadOnlySpan<byte> id)
    {
        writer.BeginPut(id, OnExists.Replace);
        writer.BeginLabels();
        writer.Label("person"u8);
        writer.EndLabels();
        writer.BeginAttributes();
        writer.Attribute("born"u8);
        writer.Int64(1815);
        writer.Attribute("name"u8);
        writer.String("Ada Lovelace"u8);
        writer.Attribute("score"u8);
        writer.Float64(0.75);
        writer.Attribute("active"u8);
        writer.Bool(true);
        writer.EndAttributes();
        writer.EndOperation();
    }

    public static EncodedCommit Ada(string id = "c1")
    {
        var writer = Begin(id);
        PutAda(writer, "ada"u8);
        return writer.Finish();
    }

    /// <summary>Every kind of operation, field, value and condition, and every part of an envelope.</summary>
    public static EncodedCommit Everything()
    {
        var writer = new CommitWriter(Incarnation);
        writer.Trace = "00-trace-01"u8.ToArray();
        writer.Origin = new Origin(Incarnation, 3, 4711);
        writer.Begin("everything-1"u8, true, Noon, new("agent-7", "from the stand-up ☕"));
        writer.Origin = null;
        writer.RequireConcept("ada"u8, Condition.Version, LogPosition.Of(1, 4096));
        FullPut(writer);
        writer.BeginPut(default, OnExists.Fail);
        writer.ContentBytes([0, 1, 254, 255]);
        writer.EndOperation();
        FullPatch(writer);
        writer.RequireAssociation(new("ada"u8, "knows"u8, "babbage"u8, default), Condition.Absent);
        writer.BeginPatch("babbage"u8, OnMissing.Create);
        writer.NoContent();
        writer.Vector(default);
        writer.MediaType(default);
        writer.ExpiresAt(null);
        writer.EndOperation();
        writer.Delete("old"u8, OnMissing.Skip);
        writer.Reinforce("ada"u8, 0.25f, OnMissing.Fail);
        writer.BeginAssociate(new("ada"u8, "worked_with"u8, "babbage"u8, "k2"u8), OnExists.Merge, MissingEndpoints.Imply);
        writer.BeginAttributes();
        writer.Attribute("since"u8);
        writer.Int64(1833);
        writer.EndAttributes();
        writer.Strength(0.5f);
        writer.EndOperation();
        writer.Dissociate(new("ada"u8, "knows"u8, "nobody"u8, default), OnMissing.Skip);
        writer.ReinforceAssociation(new("ada"u8, "worked_with"u8, "babbage"u8, "k2"u8), 1, OnMissing.Fail);
        writer.RequireConcept("new"u8, Condition.Exists);
        return writer.Finish();
    }

    private static void FullPut(CommitWriter writer)
    {
        writer.BeginPut("ada"u8, OnExists.Skip);
        writer.BeginLabels();
        writer.Label("person"u8);
        writer.Label("mathematician"u8);
        writer.Label("person"u8);
        writer.EndLabels();
        writer.Content("Wrote the first program — für Maschinen."u8);
        writer.MediaType("text/plain"u8);
        FullAttributes(writer);
        writer.Vector([0.5f, -1, 3.25f]);
        writer.Strength(0.75f);
        writer.Confidence(0.875f);
        writer.ValidFrom(At("1815-12-10T00:00:00Z"));
        writer.ValidTo(null);
        writer.ExpiresAt(At("2027-01-01T00:00:00.000001Z"));
        writer.CreatedAt(At("2026-01-01T00:00:00Z"));
        writer.UpdatedAt(At("2026-01-02T00:00:00Z"));
        writer.ReinforcedAt(At("2026-01-03T00:00:00Z"));
        writer.EndOperation();
    }

    private static void FullAttributes(CommitWriter writer)
    {
        writer.BeginAttributes();
        writer.Attribute("null"u8);
        writer.Null();
        writer.Attribute("no"u8);
        writer.Bool(false);
        writer.Attribute("born"u8);
        writer.Int64(-1815);
        writer.Attribute("zero"u8);
        writer.Float64(-0.0);
        writer.Attribute("pi"u8);
        writer.Float64(Math.PI);
        writer.Attribute("name"u8);
        writer.String("Ada"u8);
        writer.Attribute("when"u8);
        writer.DateTime(Noon);
        writer.Attribute("raw"u8);
        writer.Bytes([1, 2, 3]);
        writer.Attribute("tree"u8);
        writer.BeginObject();
        writer.Member("list"u8);
        writer.BeginArray();
        writer.Int64(1);
        writer.BeginArray();
        writer.EndArray();
        writer.BeginObject();
        writer.Member("x"u8);
        writer.Null();
        writer.EndObject();
        writer.EndArray();
        writer.Member("x"u8);
        writer.String(default);
        writer.EndObject();
        writer.EndAttributes();
    }

    private static void FullPatch(CommitWriter writer)
    {
        writer.BeginPatch("ada"u8, OnMissing.Skip);
        writer.RemoveMembers(Members.Content | Members.ValidFrom);
        writer.BeginRemoveAttributes();
        writer.RemoveAttribute("died"u8);
        writer.RemoveAttribute("left"u8);
        writer.EndRemoveAttributes();
        writer.BeginAddLabels();
        writer.Label("x"u8);
        writer.EndLabels();
        writer.BeginRemoveLabels();
        writer.Label("y"u8);
        writer.EndLabels();
        writer.BeginAddItems();
        writer.Attribute("observations"u8);
        writer.BeginArray();
        writer.String("worked with Babbage"u8);
        writer.EndArray();
        writer.EndAttributes();
        writer.BeginRemoveItems();
        writer.Attribute("observations"u8);
        writer.BeginArray();
        writer.String("idle"u8);
        writer.EndArray();
        writer.EndAttributes();
        writer.EndOperation();
    }
}
