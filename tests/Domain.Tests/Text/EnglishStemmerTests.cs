using System.Text;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

/// <summary>The words are examples of the published descriptions of Porter's two algorithms; the stems are those of the second.</summary>
public sealed class EnglishStemmerTests
{
    [Fact]
    public void Stem_WhenWordsAreGiven_RemovesPlurals() => Check(
        """
        caresses:caress ponies:poni ties:tie caress:caress cats:cat gas:gas this:this gaps:gap kiwis:kiwi cries:cri us:us bus:bus skis:ski skies:sky
        innings:inning outings:outing herrings:herring proceeds:proceed
        """);

    [Fact]
    public void Stem_WhenWordsAreGiven_RemovesPastAndProgressive() => Check(
        """
        agreed:agre feed:feed plastered:plaster bled:bled motoring:motor sing:sing conflated:conflat troubled:troubl sized:size hopping:hop
        hoped:hope falling:fall hissing:hiss fizzed:fizz failing:fail filing:file luxuriated:luxuri hop:hop bed:bed shed:shed canning:canning
        exceed:exceed succeed:succeed earring:earring dying:die lying:lie tying:tie
        """);

    [Fact]
    public void Stem_WhenWordsAreGiven_ReplacesFinalY() => Check(
        """
        by:by say:say cry:cri happy:happi boy:boy enjoy:enjoy yes:yes youth:youth syzygy:syzygi sky:sky early:earli only:onli ugly:ugli
        """);

    [Fact]
    public void Stem_WhenWordsAreGiven_ReplacesSuffixesInR1() => Check(
        """
        relational:relat conditional:condit rational:ration valenci:valenc hesitanci:hesit digitizer:digit conformabli:conform radicalli:radic
        differentli:differ vileli:vile analogousli:analog vietnamization:vietnam predication:predic operator:oper feudalism:feudal
        decisiveness:decis hopefulness:hope callousness:callous formaliti:formal sensitiviti:sensit sensibiliti:sensibl analogy:analog
        hopefully:hope carelessly:careless quickly:quick geology:geolog triplicate:triplic formative:format formalize:formal electriciti:electr
        electrical:electr hopeful:hope goodness:good
        """);

    [Fact]
    public void Stem_WhenWordsAreGiven_RemovesSuffixesInR2() => Check(
        """
        revival:reviv allowance:allow inference:infer airliner:airlin gyroscopic:gyroscop adjustable:adjust defensible:defens irritant:irrit
        replacement:replac adjustment:adjust dependent:depend adoption:adopt communism:communism activate:activ angulariti:angular
        homologous:homolog effective:effect bowdlerize:bowdler
        """);

    [Fact]
    public void Stem_WhenWordsAreGiven_RemovesFinalLetters() => Check(
        """
        probate:probat rate:rate cease:ceas controll:control roll:roll
        """);

    [Fact]
    public void Stem_WhenWordsAreGiven_KeepsExceptions() => Check(
        """
        idly:idl gently:gentl singly:singl news:news howe:howe atlas:atlas cosmos:cosmos bias:bias andes:andes generate:generat generous:generous
        generically:generic communication:communic communities:communiti arsenal:arsenal arsenic:arsenic
        """);

    [Fact]
    public void Stem_WhenWordsAreGiven_GivesThePublishedSample() => Check(
        """
        consign:consign consigned:consign consigning:consign consignment:consign consist:consist consisted:consist consistency:consist
        consistent:consist consistently:consist consisting:consist consists:consist consolation:consol consolations:consol consolatory:consolatori
        console:consol consoled:consol consoles:consol consolidate:consolid consolidated:consolid consolidating:consolid consoling:consol
        consolingly:consol consols:consol consonant:conson consort:consort consorted:consort consorting:consort conspicuous:conspicu
        conspicuously:conspicu conspiracy:conspiraci conspirator:conspir conspirators:conspir conspire:conspir conspired:conspir conspiring:conspir
        constable:constabl constables:constabl constance:constanc constancy:constanc constant:constant knack:knack knackeries:knackeri knacks:knack
        knag:knag knave:knave knaves:knave knavish:knavish kneaded:knead kneading:knead knee:knee kneel:kneel kneeled:kneel kneeling:kneel
        kneels:kneel knees:knee knell:knell knelt:knelt knew:knew knick:knick knif:knif knife:knife knight:knight knightly:knight knights:knight
        knit:knit knits:knit knitted:knit knitting:knit knives:knive knob:knob knobs:knob knock:knock knocked:knock knocker:knocker knockers:knocker
        knocking:knock knocks:knock knopp:knopp knot:knot knots:knot
        """);

    [Theory]
    [InlineData("dog's", "dog")]
    [InlineData("dogs'", "dogs")]
    [InlineData("dog's'", "dog")]
    [InlineData("'", "")]
    [InlineData("rock'n'roll", "rock'n'roll")]
    public void WithoutPossessive_WhenThereIsOne_CutsItOff(string word, string expected) =>
        Assert.Equal(expected, word[..EnglishStemmer.WithoutPossessive(Encoding.ASCII.GetBytes(word))]);

    [Fact]
    public void Stem_WhenLettersAreRandom_GivesLettersAndNoMoreThanBefore() => Properties.CheckRandom(500, random =>
    {
        const string Letters = "aeiouyybdgstlmnzs";
        string[] endings = ["", "s", "ies", "eedly", "ing", "ational", "iveness", "ement", "ion", "ll", "li", "ogi", "ative", "yed"];
        var word = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Letters[random.Next(Letters.Length)])) + endings[random.Next(endings.Length)];
        var stem = Stem(word);

        Assert.InRange(stem.Length, 0, word.Length);
        Assert.All(stem, static letter => Assert.InRange(letter, 'a', 'z'));
    });

    private static void Check(string pairs)
    {
        foreach (var pair in pairs.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var (word, stem) = (pair[..pair.IndexOf(':')], pair[(pair.IndexOf(':') + 1)..]);
            Assert.Equal((word, stem), (word, Stem(word)));
        }
    }

    private static string Stem(string word)
    {
        var bytes = Encoding.ASCII.GetBytes(word);
        return Encoding.ASCII.GetString(bytes, 0, EnglishStemmer.Stem(bytes));
    }
}
