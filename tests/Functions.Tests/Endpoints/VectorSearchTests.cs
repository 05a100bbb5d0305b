using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>What is found by meaning: by vectors that callers gave, that a remote model made, or that the built-in one makes.</summary>
public sealed class VectorSearchTests : ServerTests
{
    [Fact]
    public async Task Vector_WhenGiven_FindsTheNearestWithTheirSimilarity()
    {
        var space = await NewGraphAsync(
            Put("east", """ "vector":[1,0],"labels":["a"] """), Put("north", """ "vector":[0,2],"labels":["b"] """), Put("west", """ "vector":[-1,0],"labels":["a"] """), Put("none"));

        var found = await SearchAsync(space, """{"vector":[0.6,0.8],"explain":true}""");

        Assert.Equal(["north", "east", "west"], Ids(found));
        Assert.Equal([0.8, 0.6, -0.6], found["items"].EnumerateArray().Select(static item => Math.Round(item.GetProperty("explain").GetProperty("vector").GetProperty("score").GetDouble(), 6)));
        Assert.Equal(["east", "west"], Ids(await SearchAsync(space, """{"vector":[0.6,0.8],"label":"a"}""")));
        Assert.Equal(["east"], Ids(await SearchAsync(space, """{"vector":{"$f32":"AACAPwAAAAA="},"limit":1}""")));
        var problem = (await Server.PostAsync($"{space}/search", """{"vector":[1,0,0]}""")).RequireProblem(400, "limit");
        Assert.Equal(("/vector", 2, 3), (problem.Member("pointer"), problem["limit"].GetInt32(), problem["actual"].GetInt32()));
    }

    [Fact]
    public async Task Vector_WhenConceptsChange_FindsThemAsTheyAre()
    {
        var space = await NewGraphAsync(Put("a", """ "vector":[1,0] """), Put("b", """ "vector":[0,1] """), Put("c", """ "vector":[1,1] """));
        var before = (await SearchAsync(space, """{"vector":[1,0]}""")).Headers["Cairn-Position"];
        (await Server.SendAsync("PATCH", $"{space}/concepts/a", """{"set":{"vector":[0,-1]}}""")).Require(HttpStatusCode.OK);
        (await Server.DeleteAsync($"{space}/concepts/c")).Require(HttpStatusCode.NoContent);
        (await Server.PutAsync($"{space}/concepts/d", """{"vector":[3,1]}""")).Require(HttpStatusCode.Created);

        Assert.Equal(["d", "a", "b"], Ids(await SearchAsync(space, """{"vector":[1,0]}""")));
        Assert.Equal(["a", "c", "b"], Ids(await SearchAsync(space, """{"vector":[1,0]}""", $"?asOf={before}")));
    }

    [Fact]
    public async Task Vector_WhenTheSpaceSaysHowTheyAreCompared_IsComparedSo()
    {
        var space = NewSpace();
        (await Server.PutAsync(space, """{"vector":{"dimensions":2,"metric":"l2"}}""")).Require(HttpStatusCode.Created);
        foreach (var (id, vector) in new[] { ("near", "[1,1]"), ("far", "[9,0]"), ("zero", "[0,0]") })
        {
            (await Server.PutAsync($"{space}/concepts/{id}", $$"""{"vector":{{vector}}}""")).Require(HttpStatusCode.Created);
        }

        Assert.Equal(["zero", "near", "far"], Ids(await SearchAsync(space, """{"vector":[0.1,0]}""")));
        (await Server.PutAsync(space, """{"vector":{"dimensions":2,"metric":"dot"}}""")).Require(HttpStatusCode.OK);
        Assert.Equal(["far", "near", "zero"], Ids(await SearchAsync(space, """{"vector":[0.1,0]}""")));
    }

    [Fact]
    public async Task Text_WhenNoRemoteModelServes_IsFoundByVectorsOfTheBuiltInOneToo()
    {
        var space = await NewGraphAsync(
            Put("a", """ "content":"The aerodynamics of supersonic wings" """), Put("b", """ "content":"A recipe for onion soup" """), Put("c", """ "content":"Deploy on Fridays" """));

        var found = await SearchAsync(space, """{"text":"supersonics aerodynamic","explain":true}""");

        Assert.Equal("a", Ids(found)[0]);
        Assert.NotEqual(JsonValueKind.Null, found["items"][0].GetProperty("explain").GetProperty("vector").ValueKind);
        Assert.Equal(["a"], Ids(await SearchAsync(space, """{"text":"the wing supersonically","fusion":{"weights":{"text":0}}}""")));
        Assert.Empty(Ids(await SearchAsync(space, """{"text":"quantum cryptography"}""")));
        (await Server.PutAsync($"{space}/concepts/d", """{"content":"aerodynamic drag of supersonics"}""")).Require(HttpStatusCode.Created);
        Assert.Contains("d", Ids(await SearchAsync(space, """{"text":"supersonics aerodynamic","fusion":{"weights":{"text":0}}}""")));
    }

    [Theory]
    [InlineData("""{"text":"programs"}""", "ada")] // babbage has the label of what was found, and nothing else of it
    [InlineData("""{"text":"tabulate"}""", "soup")] // jam has a few of the common words of what was found
    public async Task Text_WhenOnlyWhatWasFoundIsAlike_IsNotEnough(string request, string expected)
    {
        var space = await NewGraphAsync(
            Put("ada", """ "labels":["person"],"content":"Wrote the first program." """),
            Put("babbage", """ "labels":["person"] """),
            Put("soup", """ "content":"onion garlic stock tabulate simmer hour stir season serve warm bread" """),
            Put("jam", """ "content":"plums sugar lemon jars boil foam stir season seal label shelf" """));

        Assert.Equal([expected], Ids(await SearchAsync(space, request)));
    }

    [Fact]
    public async Task Text_WhenARemoteModelServes_IsFoundByItsVectors()
    {
        var model = new Creatures();
        await using var server = await TestServer.StartAsync(options => options with { Embedder = model });
        var space = NewSpace();
        (await server.PostAsync($"{space}/commits", $$"""
            {"operations":[{{Put("cat", """ "content":"feline" """)}},{{Put("car", """ "content":"engine" """)}},{{Put("own", """ "content":"mine","vector":[0.7,0.7] """)}}]}
            """)).Require(HttpStatusCode.OK);
        async Task<Reply> Search(string request) => (await server.PostAsync($"{space}/search", request)).Require(HttpStatusCode.OK);

        await Eventually.HoldsAsync(async () => (await server.GetAsync($"{space}/stats")).Json.TryGetProperty("embeddings", out var embeddings) && embeddings.GetProperty("waiting").GetInt32() == 0
            && embeddings.GetProperty("embedded").GetInt32() >= 2);

        await Eventually.HoldsAsync(async () => Ids(await Search("""{"text":"kitten"}""")) is ["cat", ..]);
        Assert.Equal(["car", "own", "cat"], Ids(await Search("""{"text":"motor"}""")));

        model.Fails = true;
        var degraded = await Search("""{"text":"engine"}""");
        Assert.Equal(("vector", "car"), (degraded.Headers["Cairn-Degraded"], string.Join(' ', Ids(degraded))));
    }

    private async Task<Reply> SearchAsync(string space, string request, string query = "") => (await Server.PostAsync($"{space}/search{query}", request)).Require(HttpStatusCode.OK);

    private static List<string> Ids(Reply reply) => [.. reply["items"].EnumerateArray().Select(static item => item.GetProperty("concept").GetProperty("id").GetString()!)];

    /// <summary>Knows animals and machines.</summary>
    private sealed class Creatures : IEmbedder
    {
        public bool Fails { get; set; }

        public string Model => "two-d";

        public int MaxTexts => 16;

        public ValueTask<IReadOnlyList<float[]?>> EmbedAsync(IReadOnlyList<ReadOnlyMemory<byte>> texts, CancellationToken cancellationToken) => Fails
            ? throw new CairnException(ErrorKind.Unavailable, "the model does not answer")
            : new([.. texts.Select(static text => System.Text.Encoding.UTF8.GetString(text.Span) is var words && (words.Contains("feline", StringComparison.Ordinal) || words.Contains("kitten", StringComparison.Ordinal)) ? new float[] { 1, 0 } : [0, 1])]);
    }
}
