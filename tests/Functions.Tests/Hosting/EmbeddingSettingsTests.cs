using Cairn.Functions.Hosting;
using Cairn.Infra.Embedding;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>What embeds concepts: the built-in model, nothing, or a service.</summary>
public sealed class EmbeddingSettingsTests
{
    private static ServerEmbedding Read(params (string Name, string Value)[] settings) =>
        Settings.Read(null, "folder", name => settings.Where(each => each.Name == name).Select(each => each.Value).FirstOrDefault()).Embedding;

    [Fact]
    public void Read_WhenNothingOrAWordIsSet_NamesNoService()
    {
        Assert.Equal(ServerEmbedding.BuiltIn, Read());
        Assert.Equal(ServerEmbedding.BuiltIn, Read(("CAIRN_EMBEDDING", "hashing"), ("CAIRN_EMBEDDING_MODEL", "ignored")));
        Assert.Equal(ServerEmbedding.None, Read(("CAIRN_EMBEDDING", "none")));
    }

    [Fact]
    public void Read_WhenAnAddressIsSet_NamesTheService()
    {
        var read = Read(("CAIRN_EMBEDDING", "https://api.openai.com"), ("CAIRN_EMBEDDING_MODEL", "m"), ("CAIRN_EMBEDDING_KEY", "k"), ("CAIRN_EMBEDDING_DIMENSIONS", "256"));

        Assert.Equal(new(false, new EmbeddingOptions { Endpoint = new("https://api.openai.com"), Model = "m", Key = "k", Dimensions = 256 }), read);
    }

    [Theory]
    [InlineData("hash", "m", null, "CAIRN_EMBEDDING is 'hash'")]
    [InlineData("ftp://host", "m", null, "CAIRN_EMBEDDING is 'ftp://host'")]
    [InlineData("https://api.openai.com", null, null, "CAIRN_EMBEDDING_MODEL is missing")]
    [InlineData("https://api.openai.com", "m", "many", "CAIRN_EMBEDDING_DIMENSIONS is 'many'")]
    public void Read_WhenItMakesNoSense_SaysWhatItTakes(string which, string? model, string? dimensions, string expected)
    {
        var failure = Assert.Throws<StartFailure>(() => Read(
            [("CAIRN_EMBEDDING", which), .. model is null ? [] : new[] { ("CAIRN_EMBEDDING_MODEL", model) }, .. dimensions is null ? [] : new[] { ("CAIRN_EMBEDDING_DIMENSIONS", dimensions) }]));

        Assert.StartsWith(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenTheServiceCannotBe_SaysWhich()
    {
        var options = new ServerOptions { Embedding = new(false, new() { Endpoint = new("http://example.com"), Model = "m", Key = "secret" }) };

        var failure = Assert.Throws<StartFailure>(() => EmbeddingSettings.Open(options));

        Assert.StartsWith("CAIRN_EMBEDDING: a key is only sent by HTTPS", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }
}
