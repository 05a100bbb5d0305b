using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cairn.Domain.Tests.Text;
using Cairn.Embeddings;
using Cairn.Model;

namespace Cairn.Domain.Tests.Embeddings;

public sealed class HashingModelTests
{
    // Other values are another model: vectors of one are not compared with those of the other.
    [Theory]
    [InlineData("", "80422bc3d307b4a2")]
    [InlineData("Ada Lovelace wrote the first program", "b74d3105847ecac0")]
    [InlineData("the dog and the dogs: dog dog dog dog", "01fe45c21ccc959b")]
    [InlineData("Łódź — Ærøskøbing, Straße 12;東京で会う", "295a4ab2dc6e4a42")]
    public void TryEmbed_WhenTheTextIsKnown_GivesTheBitsThatTheModelsNameStandsFor(string text, string expected)
    {
        var vector = Embed(text);
        var bytes = MemoryMarshal.AsBytes(vector.AsSpan());

        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("the of and — ! ☕")]
    public void TryEmbed_WhenTheTextHasNoTerms_GivesZerosAndSaysSo(string text)
    {
        var vector = new float[HashingModel.Dimensions];
        vector[7] = 1;

        Assert.False(HashingModel.TryEmbed(Encoding.UTF8.GetBytes(text), TextLanguage.English, vector));
        Assert.All(vector, static component => Assert.Equal(0, component));
    }

    [Fact]
    public void TryEmbed_WhenTheTextHasTerms_GivesUnitLength() => Properties.CheckRandom(200, random =>
    {
        var vector = new float[HashingModel.Dimensions];
        var text = RandomTexts.Bytes(random, 400);
        var length = HashingModel.TryEmbed(text, TextLanguage.None, vector) ? 1 : 0;

        Assert.Equal(length, TensorPrimitives.Norm<float>(vector), 1e-5);
    });

    [Fact]
    public void TryEmbed_WhenWordsChangePlaces_GivesTheSameBits() =>
        Assert.Equal(Embed("one great idea of many"), Embed("many: of IDEAS great one"));

    [Fact]
    public void TryEmbed_WhenTheLanguageIsNone_NeitherStemsNorLeavesOut()
    {
        Assert.NotEqual(Embed("dogs", TextLanguage.None), Embed("dog", TextLanguage.None));
        Assert.Equal(Embed("the dogs"), Embed("dog"));
        Assert.NotEqual(Embed("the dogs", TextLanguage.None), Embed("dogs", TextLanguage.None));
    }

    [Theory]
    [InlineData("who likes strong coffee", "Ada prefers her coffee strong", "the train leaves at nine")]
    [InlineData("Schifffahrtsgesellschaft", "Schifffahrtsgesellschaften im Hafen", "Boote im Hafen")]
    [InlineData("kubernetes deployment", "deploying to a Kubernetes cluster", "a cluster of grapes")]
    public void TryEmbed_WhenTextsShareWordsOrParts_BringsThemNearer(string query, string near, string far) =>
        Assert.True(Cosine(query, near) > Cosine(query, far) + 0.05, string.Create(CultureInfo.InvariantCulture, $"{Cosine(query, near)} {Cosine(query, far)}"));

    [Fact]
    public void TryEmbed_WhenTermsAreWeighed_TurnsToThoseThatWeighMore()
    {
        var (even, weighed) = (Embed("common rare"), new float[HashingModel.Dimensions]);
        HashingModel.TryEmbed("common rare"u8, TextLanguage.English, weighed, static term => term.SequenceEqual("rare"u8) ? 5 : 1);
        var rare = Embed("rare");

        Assert.True(TensorPrimitives.Dot<float>(weighed, rare) > TensorPrimitives.Dot<float>(even, rare));
    }

    [Fact]
    public void TryEmbed_WhenNothingWeighsAnything_SaysSo() =>
        Assert.False(HashingModel.TryEmbed("some words"u8, TextLanguage.English, new float[HashingModel.Dimensions], static _ => 0));

    [Fact]
    public void TryEmbed_WhenCalledAgain_AllocatesNothing()
    {
        var (text, vector) = (Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 200).Select(static i => $"word{i % 70}"))), new float[HashingModel.Dimensions]);

        Assert.Equal(0, AllocatedBytes.Least(() => HashingModel.TryEmbed(text, TextLanguage.English, vector)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1.7)]
    [InlineData(3, 2.05)]
    [InlineData(4, 2.4)]
    [InlineData(1024, 8)]
    public void Damp_WhenATermIsThereOften_CountsLittleMore(int frequency, double expected) => Assert.Equal(expected, HashingModel.Damp(frequency), 1e-12);

    private static float[] Embed(string text, TextLanguage language = TextLanguage.English)
    {
        var vector = new float[HashingModel.Dimensions];
        HashingModel.TryEmbed(Encoding.UTF8.GetBytes(text), language, vector);
        return vector;
    }

    private static float Cosine(string first, string second) => TensorPrimitives.Dot<float>(Embed(first), Embed(second));
}
