using Cairn.Domain.Tests.Architecture;
using Cairn.Domain.Tests.Formats;
using Cairn.Formats;

namespace Cairn.Domain.Tests.Log;

/// <summary>The bytes of a purge in log format version 1. As <see cref="GoldenLogTests"/>.</summary>
public sealed class GoldenPurgeTests
{
    private const string Path = "tests/Golden/log/v1/purge";

    [Fact]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText() =>
        Assert.Equal(SourceTree.ReadText($"{Path}.txt"), GoldenLogTests.Disassemble(SourceTree.ReadBytes($"{Path}.log")));

    [Fact]
    public async Task Log_WhenWrittenToday_HasTheGoldenBytes()
    {
        var fixture = new LogFixture();
        await using var log = await fixture.OpenAsync();
        await log.AppendAsync(new[] { Commits.Ada() }, Commits.Noon, LogFixture.Token);
        var purge = new PurgeWriter();
        Assert.True(purge.TryAdd("ada"u8) && purge.TryAdd("Ærøskøbing ☕"u8) && purge.TryAdd(" "u8));
        await log.AppendSystemAsync(FrameKind.Purge, purge.Finish(), Commits.Noon.Plus(TimeSpan.FromHours(2)), LogFixture.Token);

        Assert.Equal(SourceTree.ReadBytes($"{Path}.log"), await fixture.ReadAsync());
    }
}
