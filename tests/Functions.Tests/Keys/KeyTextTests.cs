using System.Text;
using Cairn.Functions.Keys;
using Cairn.Functions.Quotas;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Keys;

/// <summary>The text of a key, patterns of spaces, and records: each reads back what it wrote, and anything else is refused and nothing worse.</summary>
public sealed class KeyTextTests
{
    private const int Rounds = 20_000;

    private static readonly KeyRecord Record = new(
        "abcdefghijklmnop", new byte[ApiKey.HashBytes], "the \"first\"", [PatternOf("acme-*"), PatternOf("demo")], AccessScope.Write, new(1), new(2_000_000), null);

    [Fact]
    public void Key_WhenMade_IsFoundByItsIdAndMatchesItsHashAlone()
    {
        var (id, text, hash) = ApiKey.New();

        Assert.True(ApiKey.TryParse(text, out var parsed, out var secret));
        Assert.Equal(id, parsed.ToString());
        Assert.True(ApiKey.Matches(secret, hash));
        Assert.False(ApiKey.Matches(secret, ApiKey.New().Hash));
        Assert.DoesNotContain(secret.ToString(), Encoding.ASCII.GetString((Record with { Hash = hash }).Encode()), StringComparison.Ordinal);
    }

    /// <summary>No other text is the same key: not one with another last character that would decode to the same bytes, either.</summary>
    [Fact]
    public void Key_WhenAnyCharacterIsChanged_IsAnother()
    {
        var (id, text, hash) = ApiKey.New();
        for (var i = 0; i < text.Length; i++)
        {
            foreach (var c in "aA0_-=é\0")
            {
                var changed = text[..i] + c + text[(i + 1)..];
                var isSame = ApiKey.TryParse(changed, out var otherId, out var secret) && otherId.SequenceEqual(id) && ApiKey.Matches(secret, hash);
                Assert.Equal(changed == text, isSame);
            }
        }
    }

    [Fact]
    public void Key_WhenGivenAnything_IsParsedOrNot()
    {
        var (random, key) = (new Random(5), ApiKey.New().Text);
        for (var round = 0; round < Rounds; round++)
        {
            var chars = key.ToCharArray().AsSpan()[..random.Next(key.Length + 1)].ToArray();
            for (var change = random.Next(4); change > 0 && chars.Length > 0; change--)
            {
                chars[random.Next(chars.Length)] = (char)random.Next(0, 0x300);
            }

            Assert.False(ApiKey.TryParse(chars, out var id, out var secret) && (id.Length != ApiKey.IdLength || !Ascii.IsValid(secret)));
        }
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("acme-*", "acme-one", true)]
    [InlineData("acme-*", "acme-", true)]
    [InlineData("acme-*", "acme", false)]
    [InlineData("acme-*", "acm-one", false)]
    [InlineData("acme-*", "xacme-one", false)]
    [InlineData("demo", "demo", true)]
    [InlineData("demo", "demo2", false)]
    [InlineData("demo", "dem", false)]
    [InlineData("demo", "Demo", false)]
    public void Pattern_WhenCompared_CoversItsSpacesOnly(string pattern, string space, bool covers) => Assert.Equal(covers, PatternOf(pattern).Covers(space));

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("**")]
    [InlineData("*a")]
    [InlineData("a*b")]
    [InlineData("ab")]
    [InlineData("Acme-*")]
    [InlineData("acme_*")]
    [InlineData("../*")]
    [InlineData("acme-%2a")]
    public void Pattern_WhenItIsNone_IsRefused(string? text) => Assert.False(SpacePattern.TryParse(text, out _));

    [Fact]
    public void Records_WhenEncoded_ReadBackTheSame()
    {
        var read = KeyRecord.Decode(Record.Id, Record.Encode());
        Assert.Equal(Record.Encode(), read.Encode());
        Assert.Equal((Record.Name, Record.Scope, Record.ExpiresAt, Record.UsedAt), (read.Name, read.Scope, read.ExpiresAt, read.UsedAt));
        Assert.Equal(Record.Spaces, read.Spaces);

        var quota = new SpaceQuota(1, null, 3);
        Assert.Equal(quota, SpaceQuota.Decode("demo", quota.Encode()));
    }

    /// <summary>The bytes of version 1 as they were released.</summary>
    [Fact]
    public void Records_WhenOfVersion1_AreReadAsEver()
    {
        var key = File.ReadAllBytes(Path.Combine(ReadmeTests.Root, "tests", "Golden", "records", "v1", "key.json"));
        var quota = File.ReadAllBytes(Path.Combine(ReadmeTests.Root, "tests", "Golden", "records", "v1", "quota.json"));

        Assert.Equal(key, Record.Encode());
        Assert.Equal(key, KeyRecord.Decode(Record.Id, key).Encode());
        Assert.Equal(quota, new SpaceQuota(1, null, 3).Encode());
        Assert.Equal(new SpaceQuota(1, null, 3), SpaceQuota.Decode("demo", quota));
    }

    [Theory]
    [InlineData("key")]
    [InlineData("quota")]
    public void Record_WhenDamaged_IsCorruptOrStillOne(string kind)
    {
        var (random, whole) = (new Random(7), kind == "key" ? Record.Encode() : new SpaceQuota(1, 2, 3).Encode());
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = whole[..random.Next(round % 2 == 0 ? whole.Length : 0, whole.Length + 1)];
            for (var change = random.Next(1, 4); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = kind == "key" ? (object)KeyRecord.Decode(Record.Id, bytes) : SpaceQuota.Decode("demo", bytes);
            }
            catch (CairnException e) when (e.Kind == ErrorKind.Corrupt)
            {
            }
        }
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2")]
    [InlineData("\"scope\":\"write\"", "\"scope\":\"root\"")]
    [InlineData("\"scope\":\"write\"", "\"scope\":null")]
    [InlineData("[\"acme-*\",\"demo\"]", "[]")]
    [InlineData("[\"acme-*\",\"demo\"]", "[null]")]
    [InlineData("\"acme-*\"", "\"ACME*\"")]
    [InlineData("\"AAAA", "\"AA")]
    [InlineData("\"createdAt\"", "\"madeAt\"")]
    [InlineData("00:00:02Z", "soon")]
    public void Record_WhenAMemberMakesNoSense_IsCorrupt(string old, string changed)
    {
        var text = Encoding.UTF8.GetString(Record.Encode());
        Assert.Contains(old, text, StringComparison.Ordinal);

        var bytes = Encoding.UTF8.GetBytes(text.Replace(old, changed, StringComparison.Ordinal));

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => KeyRecord.Decode(Record.Id, bytes)).Kind);
    }

    private static SpacePattern PatternOf(string text) => SpacePattern.TryParse(text, out var pattern) ? pattern : throw new FormatException(text);
}
