//! The built-in patterns. Where one has a group, the group is what goes.

use crate::checksum::{is_account, is_card, is_health_service, is_resident_id, is_social_security};
use crate::settings::Sort;

/// A pattern, and what else must hold of what it matches.
pub struct Built {
    /// A regular expression.
    pub pattern: String,
    /// Check digits and the like.
    pub check: fn(&str) -> bool,
}

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤";
const PROVINCES: &str = "北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门";

/// Nothing else must hold.
pub fn any(_: &str) -> bool {
    true
}

/// The patterns of a sort, in the order in which they are looked for.
pub fn built_in(sort: Sort) -> Vec<Built> {
    match sort {
        Sort::Mail => plain(&[r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"]),
        Sort::Id => {
            let day = r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])";
            vec![
                Built { pattern: format!(r"[1-9][0-9]{{5}}{day}[0-9]{{3}}[0-9Xx]"), check: is_resident_id },
                Built { pattern: r"[0-9]{3}-[0-9]{2}-[0-9]{4}".to_owned(), check: is_social_security },
                Built { pattern: r"[0-9]{3} [0-9]{3} [0-9]{4}".to_owned(), check: is_health_service },
            ]
        }
        Sort::Card => vec![
            Built { pattern: r"[0-9](?:[ -]?[0-9]){12,18}".to_owned(), check: is_card },
            Built {
                pattern: r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?".to_owned(),
                check: is_account,
            },
        ],
        Sort::Phone => plain(&[
            r"(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}",
            r"\+[0-9]{1,3}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9]{1,4}(?:[ .-]?[0-9]{2,4}){2,4}",
            r"0[0-9]{2,3}[- ][0-9]{7,8}",
            r"\([0-9]{3}\) ?[0-9]{3}[-.][0-9]{4}",
            r"[0-9]{3}[-.][0-9]{3}[-.][0-9]{4}",
        ]),
        Sort::Record => {
            let before = r"(?i:MRN|medical record|patient id|patient|chart|accession|hospital|encounter)";
            let number = r"(?i: no| number| num)?\.? ?[:#：] ?([A-Z0-9]*-?[0-9][A-Z0-9-]{3,})";
            plain(&[
                &format!("{before}{number}"),
                r"(?i:MRN|medical record number) ?([A-Z]{0,3}[0-9]{5,})",
                r"(?:病历号|住院号|门诊号|病案号|就诊号|登记号|检查号|就诊卡号) ?[:：]? ?([A-Za-z0-9-]{4,})",
            ])
        }
        Sort::Address => plain(&[
            r"(?:地址|住址|现住址|家庭住址|户籍地) ?[:：] ?([^\s，。；,;]{4,40})",
            &format!(
                r"[0-9]{{1,5}} (?:[A-Z][A-Za-z.'-]* ){{1,4}}(?:{STREETS})\b(?:,? (?:Apt|Suite|Unit)\.? ?[A-Za-z0-9-]+)?"
            ),
            &format!(
                "(?:{PROVINCES})(?:省|市|自治区)?{HAN_OR_NUMBER}{{2,30}}(?:路|街|大道|巷|胡同|弄|村|镇){HAN_OR_NUMBER}{{0,20}}(?:号|室|楼|单元|栋|幢)"
            ),
        ]),
        Sort::Name => {
            let name = r"((?:[A-Z]\. ){0,2}[A-Z][a-z'’-]+(?: [A-Z]\.)?(?: [A-Z][a-z'’-]+){0,2})";
            plain(&[
                &format!(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Professor|Doctor|Nurse|Judge|Justice|Sir|Lady)\.? {name}"),
                &format!(r"\b(?:Patient|Name|Signed|Attending|Physician|Surgeon|Witness)(?: name)? ?[:：] ?{name}"),
                &format!("(?:{HEADINGS}) ?[:：] ?([{HAN}·]{{2,4}})"),
                &format!("(?:患者|病人)([{SURNAMES}][{HAN}]{{1,2}})[,，] ?[男女]"),
                &format!("([{SURNAMES}][{HAN}]{{0,2}}?)(?:{TITLES})"),
            ])
        }
        Sort::Date => {
            plain(&[r"(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}", r"(?:19|20)[0-9]{2}年[0-9]{1,2}月[0-9]{1,2}日"])
        }
    }
}

fn plain(patterns: &[&str]) -> Vec<Built> {
    patterns.iter().map(|&pattern| Built { pattern: pattern.to_owned(), check: any }).collect()
}

const HAN: &str = r"\x{4e00}-\x{9fff}";
const HAN_OR_NUMBER: &str = r"[\x{4e00}-\x{9fff}A-Za-z0-9-]";
const STREETS: &str = "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Court|Square|Place|Way";
const HEADINGS: &str = "姓名|患者|病人|联系人|申请人|原告|被告人?|法定代表人|签字|签名|医师|家属";
const TITLES: &str = "先生|女士|小姐|医生|医师|教授|主任|律师|法官|护士";
