using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Domain.Tests.Log;

/// <summary>The bytes of settings that name the attributes whose texts are searched, in log format version 1. As <see cref="GoldenLogTests"/>.</summary>
public sealed class GoldenTextAttributesTests
{
    private static readonly GoldenLogFile Golden = new("tests/Golden/log/v1/text-attributes");

    [Fact]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText() => Golden.RequireText();

    [Fact]
    public Task Log_WhenWrittenToday_HasTheGoldenBytes() => Golden.RequireBytesAsync(async log =>
    {
        foreach (var attributes in new[] { TextAttributes.Of("summary", "observations", "größer"), TextAttributes.Of(), null })
        {
            var settings = SpaceSettings.Default with { NextEmbeddingModel = attributes is null ? null : "m2", TextAttributes = attributes };
            await log.AppendSystemAsync(FrameKind.Configuration, SettingsCodec.Write(settings), Commits.Noon, LogFixture.Token);
        }
    });
}
