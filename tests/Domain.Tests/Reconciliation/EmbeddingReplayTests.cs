using System.Globalization;
using System.Text;
using Cairn.Embeddings;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>What replay makes of vectors that the service computed.</summary>
public sealed class EmbeddingReplayTests
{
    private readonly ReplayHarness _replay = new();

    public EmbeddingReplayTests() => Configure("m1", null);

    [Fact]
    public void Embed_WhenTheTextIsTheConcepts_KeepsTheVectorAndChangesNothingElse()
    {
        Put("ada", "wrote programs");
        var before = _replay.Publish().Concept(0);

        Embed("m1", ("ada", 1));

        var after = _replay.Publish().Concept(0);
        Assert.Equal(1, Embedded("ada", "m1"));
        Assert.Equal((before.Version, before.UpdatedAt, before.VectorDimensions), (after.Version, after.UpdatedAt, after.VectorDimensions));
        Assert.Equal(1, _replay.Applier.Embedded);
    }

    [Fact]
    public void Embed_WhenItDoesNotHold_LeavesNoTrace()
    {
        Put("text", "old");
        var old = HashOf("text");
        Put("text", "new");
        Put("vector", "text");
        _replay.Commit(static commit => Patch(commit, "vector", static commit => commit.Vector([1, 2])));
        Put("deleted", "text");
        var deleted = HashOf("deleted");
        _replay.Commit(static commit => commit.Delete("deleted"u8, OnMissing.Fail));
        Put("model", "text");

        Embed("m1", [("text", old, 1), ("vector", HashOf("vector"), 1), ("deleted", deleted, 1), ("unheard-of", 0, 1)]);
        Embed("m3", ("model", 1));

        Assert.Equal(0, _replay.Applier.Embedded);
        Assert.All(["text", "vector", "deleted", "model"], id => Assert.Null(Embedded(id, "m1")));
        Assert.Equal(-1, _replay.State.Shared.Ids.Find("unheard-of"u8));
    }

    public static TheoryData<string> KeepingChanges => ["strength", "reinforce", "validTo", "same content", "number", "replace"];

    [Theory]
    [MemberData(nameof(KeepingChanges))]
    public void Change_WhenTheTextStays_KeepsTheVector(string change)
    {
        Put("ada", "wrote programs");
        Embed("m1", ("ada", 1));

        _replay.Commit(commit => Change(commit, change));

        Assert.Equal(1, Embedded("ada", "m1"));
    }

    public static TheoryData<string> DroppingChanges => ["content", "label", "attribute", "observation", "no content", "vector", "replaced", "merged", "delete"];

    [Theory]
    [MemberData(nameof(DroppingChanges))]
    public void Change_WhenTheTextIsAnotherOrTheCallerGivesAVector_DropsIt(string change)
    {
        Put("ada", "wrote programs");
        Embed("m1", ("ada", 1));

        _replay.Commit(commit => Change(commit, change));

        Assert.Null(Embedded("ada", "m1"));
        Assert.Equal(0, _replay.Publish().Concept(0).Embedding(EmbeddingsBody.KeyOf("m1")).Length);
    }

    [Fact]
    public void Change_WhenTheCommitIsRejected_GivesTheVectorBack()
    {
        Put("ada", "wrote programs");
        Embed("m1", ("ada", 1));

        var outcome = _replay.Commit(static commit =>
        {
            Change(commit, "replaced");
            commit.Delete("nobody"u8, OnMissing.Fail);
        });

        Assert.Equal(OutcomeKind.Rejected, outcome.Kind);
        Assert.Equal(1, Embedded("ada", "m1"));
    }

    [Fact]
    public void Embed_WhenAModelIsToCome_KeepsBothUntilItServes()
    {
        Put("ada", "wrote programs");
        Embed("m1", ("ada", 1));
        Configure("m1", "m2");
        Embed("m2", ("ada", 2));
        Embed("m1", ("ada", 3));

        Assert.Equal((3, 2), (Embedded("ada", "m1"), Embedded("ada", "m2")));

        Configure("m2", null);
        Embed("m2", ("ada", 4));

        Assert.Equal((null, 4), (Embedded("ada", "m1"), Embedded("ada", "m2")));
        Assert.Equal(EmbeddingsBody.KeyOf("m2"), _replay.Publish().ServingModel);
    }

    [Fact]
    public void Text_OfASnapshotAndOfTheStateThatReplayChanges_IsTheSame() => Properties.CheckRandom(30, random =>
    {
        var replay = new ReplayHarness();
        var attributes = random.Next(2) == 0 ? null : TextAttributes.Of(Enumerable.Range(0, Limits.TextAttributes).Select(i => $"n{(i * 23) + random.Next(23):0000}"));
        replay.System(FrameKind.Configuration, SettingsCodec.Write(SpaceSettings.Default with { EmbeddingModel = "m1", TextAttributes = attributes }));
        for (var i = 0; i < 12; i++)
        {
            replay.Commit(commit => RandomPut(commit, random, i));
        }

        var snapshot = replay.Publish();
        var body = new EmbeddingsWriter("m1"u8, 1);
        var buffer = new byte[EmbeddedText.MaxBytes];
        for (var row = 0; row < snapshot.ConceptRows; row++)
        {
            body.TryAdd(snapshot.Concept(row).Id, EmbeddedText.HashOf(snapshot.Concept(row).WriteEmbeddedText(buffer)), [1]);
        }

        replay.System(FrameKind.Embeddings, body.Finish());

        Assert.Equal(12, replay.Applier.Embedded);
    });

    [Fact]
    public void Text_OfAConcept_HasItsPartsInOrderWithoutNumbersAndNames()
    {
        _replay.Commit(static commit =>
        {
            commit.BeginPut("Ada Lovelace"u8, OnExists.Replace);
            commit.BeginLabels();
            commit.Label("person"u8);
            commit.Label("author"u8);
            commit.EndLabels();
            commit.Content("Wrote the first program."u8);
            commit.BeginAttributes();
            commit.Attribute("observations"u8);
            commit.BeginArray();
            commit.String("knew Babbage"u8);
            commit.Int64(12);
            commit.String("liked maths"u8);
            commit.EndArray();
            commit.Attribute("born"u8);
            commit.Int64(1815);
            commit.Attribute("city"u8);
            commit.String("London"u8);
            commit.EndAttributes();
            commit.EndOperation();
        });

        Assert.Equal("Ada Lovelace\nperson\nauthor\nWrote the first program.\nLondon\nknew Babbage\nliked maths", TextOf("Ada Lovelace"));
    }

    [Fact]
    public void Configure_WhenOtherAttributesAreRead_DropsTheVectorsOfOtherTextsAlone()
    {
        Put("plain", "wrote programs");
        _replay.Commit(static commit => commit.Put(new Concept { Id = "ada", Attributes = new Dictionary<string, Value> { ["a"] = "x", ["b"] = new Value[] { "y", 1L } } }, OnExists.Fail));
        _replay.Commit(static commit => commit.Put(new Concept { Id = "only a", Attributes = new Dictionary<string, Value> { ["a"] = "x" } }, OnExists.Fail));
        Embed("m1", ("plain", 1), ("ada", 2), ("only a", 3));
        Assert.Equal("ada\nx\ny", TextOf("ada"));

        Configure("m1", null, TextAttributes.Of("a"));

        Assert.Equal(("ada\nx", "only a\nx"), (TextOf("ada"), TextOf("only a")));
        Assert.Equal((1, null, 3), (Embedded("plain", "m1"), Embedded("ada", "m1"), Embedded("only a", "m1")));
        Embed("m1", ("ada", 4));
        Configure("m1", "m2", TextAttributes.Of("a"));
        Assert.Equal(4, Embedded("ada", "m1"));

        Configure("m1", null, TextAttributes.Of());
        Assert.Equal((1, null, null), (Embedded("plain", "m1"), Embedded("ada", "m1"), Embedded("only a", "m1")));
    }

    // More names than there are columns, so that some of them live in bags, and contents that lie in several pieces.
    private static void RandomPut(CommitWriter commit, Random random, int number)
    {
        commit.BeginPut(Encoding.UTF8.GetBytes($"c{number}"), OnExists.Replace);
        if (random.Next(3) > 0)
        {
            commit.Content(Encoding.UTF8.GetBytes(new string('x', random.Next(4) == 0 ? random.Next(200_000) : random.Next(60)) + " é"));
        }

        commit.BeginAttributes();
        foreach (var name in Enumerable.Range(0, 200).Select(i => $"n{(random.Next(3) * 500) + (i * 7 % 500):0000}").Distinct())
        {
            commit.Attribute(Encoding.UTF8.GetBytes(name));
            if (random.Next(4) == 0)
            {
                commit.Int64(random.Next());
            }
            else
            {
                commit.String(Encoding.UTF8.GetBytes(random.Next(5).ToString(CultureInfo.InvariantCulture)));
            }
        }

        commit.EndAttributes();
        commit.EndOperation();
    }

    private static void Change(CommitWriter commit, string change)
    {
        switch (change)
        {
            case "reinforce":
                commit.Reinforce("ada"u8, 0.5f, OnMissing.Fail);
                break;
            case "delete":
                commit.Delete("ada"u8, OnMissing.Fail);
                break;
            case "replace" or "replaced" or "merged":
                commit.BeginPut("ada"u8, change == "merged" ? OnExists.Merge : OnExists.Replace);
                commit.Content(change == "replace" ? "wrote programs"u8 : "wrote letters"u8);
                commit.EndOperation();
                break;
            default:
                Patch(commit, "ada", commit => Fields(commit, change));
                break;
        }
    }

    private static void Fields(CommitWriter commit, string change)
    {
        switch (change)
        {
            case "strength":
                commit.Strength(0.5f);
                break;
            case "validTo":
                commit.ValidTo(Timestamp.Max);
                break;
            case "same content":
                commit.Content("wrote programs"u8);
                break;
            case "content":
                commit.Content("wrote letters"u8);
                break;
            case "no content":
                commit.NoContent();
                break;
            case "label":
                commit.BeginLabels();
                commit.Label("person"u8);
                commit.EndLabels();
                break;
            case "vector":
                commit.Vector([1, 2]);
                break;
            default:
                commit.BeginAttributes();
                commit.Attribute("a"u8);
                Value(commit, change);
                commit.EndAttributes();
                break;
        }
    }

    private static void Value(CommitWriter commit, string change)
    {
        if (change == "number")
        {
            commit.Int64(1);
            return;
        }

        if (change == "attribute")
        {
            commit.String("text"u8);
            return;
        }

        commit.BeginArray();
        commit.String("text"u8);
        commit.EndArray();
    }

    private static void Patch(CommitWriter commit, string id, Action<CommitWriter> fields)
    {
        commit.BeginPatch(Encoding.UTF8.GetBytes(id), OnMissing.Fail);
        fields(commit);
        commit.EndOperation();
    }

    private void Configure(string? serving, string? next, TextAttributes? attributes = null) => _replay.System(
        FrameKind.Configuration, SettingsCodec.Write(SpaceSettings.Default with { EmbeddingModel = serving, NextEmbeddingModel = next, TextAttributes = attributes }));

    private void Put(string id, string content) => _replay.Commit(commit =>
    {
        commit.BeginPut(Encoding.UTF8.GetBytes(id), OnExists.Replace);
        commit.Content(Encoding.UTF8.GetBytes(content));
        commit.EndOperation();
    });

    private void Embed(string model, params (string Id, float Value)[] vectors) => Embed(model, [.. vectors.Select(item => (item.Id, HashOf(item.Id), item.Value))]);

    private void Embed(string model, (string Id, ulong Hash, float Value)[] vectors)
    {
        var writer = new EmbeddingsWriter(Encoding.UTF8.GetBytes(model), 2);
        foreach (var (id, hash, value) in vectors)
        {
            Assert.True(writer.TryAdd(Encoding.UTF8.GetBytes(id), hash, [value, 0]));
        }

        _replay.System(FrameKind.Embeddings, writer.Finish());
    }

    private ConceptView Concept(string id)
    {
        var snapshot = _replay.Publish();
        return snapshot.Concept(snapshot.FindConcept(Encoding.UTF8.GetBytes(id)));
    }

    private string TextOf(string id) => Encoding.UTF8.GetString(Concept(id).WriteEmbeddedText(new byte[EmbeddedText.MaxBytes]));

    private ulong HashOf(string id) => EmbeddedText.HashOf(Concept(id).WriteEmbeddedText(new byte[EmbeddedText.MaxBytes]));

    private float? Embedded(string id, string model) =>
        Concept(id).Embedding(EmbeddingsBody.KeyOf(model)) is { IsEmpty: false } vector ? BitConverter.ToSingle(vector) : null;
}
