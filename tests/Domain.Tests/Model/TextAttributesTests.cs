using System.Text;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Model;

public sealed class TextAttributesTests
{
    [Fact]
    public void Equals_WhenTheNamesAreTheSame_IsTrueInWhateverOrder()
    {
        var (one, other) = (TextAttributes.Of("summary", "observations", "Ærø"), TextAttributes.Of("Ærø", "summary", "observations"));

        Assert.Equal(one, other);
        Assert.True(one == other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.Equal("[observations, summary, Ærø]", other.ToString());
        Assert.NotEqual(one, TextAttributes.Of("summary", "observations", "Æro"));
        Assert.NotEqual(one, TextAttributes.Of("summary", "observations"));
        Assert.False(TextAttributes.Of().Equals(null));
        Assert.Equal(SpaceSettings.Default with { TextAttributes = one }, SpaceSettings.Default with { TextAttributes = other });
        Assert.NotEqual(SpaceSettings.Default, SpaceSettings.Default with { TextAttributes = TextAttributes.Of() });
    }

    /// <summary>Byte order of UTF-8 is not that of UTF-16: U+10000 comes behind U+FFFD.</summary>
    [Fact]
    public void Contains_WhenTheNameIsOneOfThem_IsTrue() => Properties.CheckRandom(200, random =>
    {
        var names = Enumerable.Range(0, random.Next(Limits.TextAttributes + 1)).Select(_ => Name(random)).ToHashSet();
        var attributes = TextAttributes.Of(names);

        Assert.All(names.Append(Name(random)).Append(""), name => Assert.Equal(names.Contains(name), attributes.Contains(Encoding.UTF8.GetBytes(name))));
        Assert.Equal(names.Count, attributes.Count);
    });

    [Fact]
    public void Of_WhenNoSettingCanBeSo_IsInvalid()
    {
        Refuses("");
        Refuses(new string('é', 65));
        Refuses("a\ud800");
        Refuses("a", "b", "a");
        Refuses([.. Enumerable.Range(0, Limits.TextAttributes + 1).Select(static i => $"n{i}")]);
    }

    private static string Name(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => new[] { "a", "b", "\uFFFD", "\U00010000", "é" }[random.Next(5)]));

    private static void Refuses(params string[] names)
    {
        var failure = Assert.Throws<CairnException>(() => TextAttributes.Of(names));
        Assert.Equal((ErrorKind.Invalid, "textAttributes"), (failure.Kind, failure.Field));
    }
}
