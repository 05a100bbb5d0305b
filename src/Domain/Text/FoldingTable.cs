namespace Cairn.Text;

/// <summary>
/// What letters with diacritics and capitals become in a term, for the scripts that have both: a letter stands for its base in lower case, so that "Café", "café" and "cafe"
/// are one term, composed or not. Stateless; any thread.
/// </summary>
/// <remarks>
/// The tables follow from the Unicode Character Database, version 14: lower case, then the base of the compatibility decomposition; beside that ø đ ł ħ ŧ ɨ ƀ lose their
/// stroke, ı becomes i and ς becomes σ. A blank stands for what is no letter there. They are part of the program rather than asked of the system, so that all processes agree.
/// </remarks>
internal static class FoldingTable
{
    /// <summary>Stands for what leaves no trace in a term.</summary>
    public const char Nothing = ' ';

    private const int FirstLatin = 0x00C0;
    private const int FirstGreekAndCyrillic = 0x0370;
    private const int FirstLatinAndGreekExtended = 0x1E00;

    // U+00C0 to U+024F.
    private const string Latin =
        "aaaaaaæceeeeiiiiðnooooo ouuuuyþßaaaaaaæceeeeiiiiðnooooo ouuuuyþy" +
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiĳĳjjkkĸllllllŀ" +
        "ŀllnnnnnnŉŋŋooooooœœrrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs" +
        "bɓƃƃƅƅɔƈƈɖɗƌƌƍǝəɛƒƒɠɣƕɩiƙƙƚƛɯɲƞɵooƣƣƥƥʀƨƨʃƪƫƭƭʈuuʊʋƴƴƶƶʒƹƹƺƻƽƽƾƿ" +
        "ǀǁǂǃǆǆǆǉǉǉǌǌǌaaiioouuuuuuuuuuǝaaaaææǥǥggkkooooʒʒjǳǳǳggƕƿnnaaææoo" +
        "aaaaeeeeiiiioooorrrruuuussttȝȝhhƞȡȣȣȥȥaaeeooooooooyyȴȵȶȷȸȹⱥȼȼƚⱦȿ" +
        "ɀɂɂbʉʌɇɇɉɉɋɋɍɍɏɏ";

    // U+0370 to U+052F.
    private const string GreekAndCyrillic =
        "ͱͱͳͳʹ ͷͷ   ͻͼͽ ϳ      α εηι ο υωιαβγδεζηθικλμνξοπρ στυφχψωιυαεηι" +
        "υαβγδεζηθικλμνξοπρσστυφχψωιυουωϗβθυυυφπϗϙϙϛϛϝϝϟϟϡϡϣϣϥϥϧϧϩϩϫϫϭϭϯϯ" +
        "κρσϳθε ϸϸσϻϻϼͻͼͽееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюя" +
        "абвгдежзииклмнопрстуфхцчшщъыьэюяееђгєѕііјљњћкиуџѡѡѣѣѥѥѧѧѩѩѫѫѭѭѯѯ" +
        "ѱѱѳѳѵѵѵѵѹѹѻѻѽѽѿѿҁҁ        ҋҋҍҍҏҏґґғғҕҕҗҗҙҙққҝҝҟҟҡҡңңҥҥҧҧҩҩҫҫҭҭүү" +
        "ұұҳҳҵҵҷҷҹҹһһҽҽҿҿӏжжӄӄӆӆӈӈӊӊӌӌӎӎӏааааӕӕееәәәәжжззӡӡииииооөөөөээуу" +
        "ууууччӷӷыыӻӻӽӽӿӿԁԁԃԃԅԅԇԇԉԉԋԋԍԍԏԏԑԑԓԓԕԕԗԗԙԙԛԛԝԝԟԟԡԡԣԣԥԥԧԧԩԩԫԫԭԭԯԯ";

    // U+1E00 to U+1FFF.
    private const string LatinAndGreekExtended =
        "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm" +
        "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv" +
        "wwwwwwwwwwxxxxyyzzzzzzhtwyẚsẜẝßẟaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee" +
        "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyỻỻỽỽỿỿ" +
        "ααααααααααααααααεεεεεε  εεεεεε  ηηηηηηηηηηηηηηηηιιιιιιιιιιιιιιιι" +
        "οοοοοο  οοοοοο  υυυυυυυυ υ υ υ υωωωωωωωωωωωωωωωωααεεηηιιοουυωω  " +
        "ααααααααααααααααηηηηηηηηηηηηηηηηωωωωωωωωωωωωωωωωααααα ααααααα ι " +
        "  ηηη ηηεεηηη   ιιιι  ιιιιιι    υυυυρρυυυυυυρ     ωωω ωωοοωωω   ";

    /// <summary>What a code point folds to, if a table has it.</summary>
    /// <param name="codePoint">A Unicode code point.</param>
    /// <param name="folded">A letter in lower case, or <see cref="Nothing"/>.</param>
    public static bool TryFold(int codePoint, out char folded)
    {
        var (table, first) = codePoint switch
        {
            >= FirstLatinAndGreekExtended => (LatinAndGreekExtended, FirstLatinAndGreekExtended),
            >= FirstGreekAndCyrillic => (GreekAndCyrillic, FirstGreekAndCyrillic),
            _ => (Latin, FirstLatin),
        };
        var at = codePoint - first;
        var isThere = (uint)at < (uint)table.Length;
        folded = isThere ? table[at] : Nothing;
        return isThere;
    }
}
