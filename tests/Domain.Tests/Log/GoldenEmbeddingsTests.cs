using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Domain.Tests.Log;

/// <summary>The bytes of embeddings, and of settings that name their models, in log format version 1. As <see cref="GoldenLogTests"/>.</summary>
public sealed class GoldenEmbeddingsTests
{
    private static readonly GoldenLogFile Golden = new("tests/Golden/log/v1/embeddings");

    [Fact]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText() => Golden.RequireText();

    [Fact]
    public Task Log_WhenWrittenToday_HasTheGoldenBytes() => Golden.RequireBytesAsync(async log =>
    {
        var settings = SpaceSettings.Default with { EmbeddingModel = "text-embedding-3-small", NextEmbeddingModel = "größer/8" };
        await log.AppendSystemAsync(FrameKind.Configuration, SettingsCodec.Write(settings), Commits.Noon, LogFixture.Token);
        await log.AppendAsync(new[] { Commits.Ada() }, Commits.Noon, LogFixture.Token);
        var embeddings = new EmbeddingsWriter("größer/8"u8, 3);
        Assert.True(embeddings.TryAdd("ada"u8, 0x0123456789ABCDEF, [0.6f, -0.8f, 0]) && embeddings.TryAdd("Ærøskøbing ☕"u8, 1, [0, 0, 1]));
        await log.AppendSystemAsync(FrameKind.Embeddings, embeddings.Finish(), Commits.Noon.Plus(TimeSpan.FromSeconds(2)), LogFixture.Token);
    });
}
