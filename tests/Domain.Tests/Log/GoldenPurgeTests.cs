using Cairn.Domain.Tests.Formats;
using Cairn.Formats;

namespace Cairn.Domain.Tests.Log;

/// <summary>The bytes of a purge in log format version 1. As <see cref="GoldenLogTests"/>.</summary>
public sealed class GoldenPurgeTests
{
    private static readonly GoldenLogFile Golden = new("tests/Golden/log/v1/purge");

    [Fact]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText() => Golden.RequireText();

    [Fact]
    public Task Log_WhenWrittenToday_HasTheGoldenBytes() => Golden.RequireBytesAsync(async log =>
    {
        await log.AppendAsync(new[] { Commits.Ada() }, Commits.Noon, LogFixture.Token);
        var purge = new PurgeWriter();
        Assert.True(purge.TryAdd("ada"u8) && purge.TryAdd("Ærøskøbing ☕"u8) && purge.TryAdd(" "u8));
        await log.AppendSystemAsync(FrameKind.Purge, purge.Finish(), Commits.Noon.Plus(TimeSpan.FromHours(2)), LogFixture.Token);
    });
}
